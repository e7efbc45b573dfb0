"""Which showing led to what a person took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attributions",
        *(sa.Column(name, sa.String, nullable=False) for name in ("person_key", "event_id", "type", "item_id")),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger),
        sa.Column("quantity", sa.BigInteger),
        sa.Column("touched_by", sa.String, nullable=False),
        sa.Column("touched_at", sa.BigInteger, nullable=False),
        sa.Column("slate_id", sa.String, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("placement", sa.String, nullable=False),
        sa.Column("shown_item_id", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("person_key", "event_id", name="pk_attributions"),
    )
