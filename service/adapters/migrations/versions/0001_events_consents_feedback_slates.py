"""The first tables: events, consents, feedback, slates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("sequence", SEQUENCE, autoincrement=True),
        sa.Column("person_key", sa.String, nullable=False),
        sa.Column("event_id", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.String),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("quantity", sa.BigInteger),
        sa.Column("amount", sa.BigInteger),
        sa.Column("discount", sa.BigInteger),
        sa.Column("value", sa.BigInteger),
        sa.Column("text", sa.String),
        sa.Column("topic", sa.String),
        sa.Column("basket_id", sa.String),
        sa.Column("message_id", sa.String),
        sa.Column("offer_code", sa.String),
        sa.Column("in_reply_to", sa.String),
        sa.Column("token", sa.String),
        sa.Column("source", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_events"),
        sa.UniqueConstraint("person_key", "event_id", name="uq_events_person_key_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_person_key_sequence", "events", ["person_key", "sequence"])
    op.create_index("ix_events_person_key_item_id", "events", ["person_key", "item_id"])
    op.create_table(
        "consents",
        sa.Column("sequence", SEQUENCE, autoincrement=True),
        sa.Column("person_key", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("granted", sa.Boolean, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("wording", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_consents"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_consents_person_key_sequence", "consents", ["person_key", "sequence"])
    op.create_table(
        "feedback",
        sa.Column("person_key", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("item_id", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.Column("through", sa.BigInteger),
        sa.PrimaryKeyConstraint("person_key", "kind", "item_id", "type", name="pk_feedback"),
    )
    op.create_table(
        "slates",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_slates"),
    )
    op.create_index("ix_slates_expires_at", "slates", ["expires_at"])
    op.create_index("ix_slates_owner", "slates", ["owner"])
