"""Tombstones, the orders and receipts of erasures, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "tombstones",
        sa.Column("pseudonym", sa.String, nullable=False),
        sa.Column("erased_at", sa.BigInteger, nullable=False),
        sa.Column("welcomed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("pseudonym", name="pk_tombstones"),
    )
    op.create_table(
        "erasures",
        sa.Column("receipt", sa.String, nullable=False),
        sa.Column("pseudonym", sa.String, nullable=False),
        sa.Column("people", sa.String),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        sa.Column("completed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("receipt", name="pk_erasures"),
    )
    op.create_index("ix_erasures_completed_at", "erasures", ["completed_at"])
    op.create_table(
        "erasure_steps",
        sa.Column("receipt", sa.String, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("store", sa.String, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("removed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("receipt", "store", name="pk_erasure_steps"),
    )
    op.create_table(
        "audit",
        sa.Column("sequence", SEQUENCE, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("previous", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
        sqlite_autoincrement=True,
    )
