"""Which answers held a campaign for a person, by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "showings",
        sa.Column("person_key", sa.String, nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False),
        sa.Column("campaign_id", sa.String, nullable=False),
        sa.Column("slate_id", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("person_key", "day", "campaign_id", "slate_id", name="pk_showings"),
    )
