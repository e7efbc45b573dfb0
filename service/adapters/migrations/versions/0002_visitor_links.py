"""Visitors who became customers, and where an event stood before it became the customer's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visitor_links",
        sa.Column("visitor_id", sa.String, nullable=False),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("linked_at", sa.BigInteger, nullable=False),
        sa.Column("through", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("visitor_id", name="pk_visitor_links"),
    )
    op.create_index("ix_visitor_links_customer_id", "visitor_links", ["customer_id"])
    op.add_column("events", sa.Column("linked_from", sa.BigInteger))
