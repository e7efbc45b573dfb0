"""Searches that found nothing, and questions; by which question an answer is found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wishes",
        *(sa.Column(name, sa.String, nullable=False) for name in ("person_key", "event_id", "kind", "text")),
        sa.Column("item_id", sa.String),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_key", "event_id", name="pk_wishes"),
    )
    op.create_index("ix_wishes_kind_occurred_at", "wishes", ["kind", "occurred_at"])
    replies = sa.text("in_reply_to IS NOT NULL")
    op.create_index(
        "ix_events_in_reply_to", "events", ["in_reply_to"], sqlite_where=replies, postgresql_where=replies,
    )
