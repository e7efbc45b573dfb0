"""Whose consents, feedback or links changed last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("sequence", SEQUENCE, autoincrement=True),
        sa.Column("person_key", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_changes"),
        sa.UniqueConstraint("person_key", name="uq_changes_person_key"),
        sqlite_autoincrement=True,
    )
