"""Up to where readers of the event log have come, and who of several leads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cursors",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("leads_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_cursors"),
    )
