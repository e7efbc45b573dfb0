"""The tables of the operational state. A change here needs a migration; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from service.adapters.sql_types import SEQUENCE, Exact, Instant, Words

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

SAID, IS_REPLY = text("saying IS NOT NULL"), text("in_reply_to IS NOT NULL")
events = Table(
    "events",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    Column("person_key", Words, nullable=False),
    Column("event_id", Words, nullable=False),
    Column("type", Words, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("item_id", Words),
    Column("channel", Words, nullable=False),
    Column("quantity", Exact),
    Column("amount", Exact),
    Column("discount", Exact),
    Column("value", Exact),
    Column("text", Words),
    Column("topic", Words),
    Column("basket_id", Words),
    Column("message_id", Words),
    Column("offer_code", Words),
    Column("in_reply_to", Words),
    Column("token", Words),
    Column("source", Words, nullable=False),
    Column("linked_from", BigInteger),  # its sequence as a visitor's, where it became a customer's
    Column("mark", Words),  # why it counts nowhere; NULL where it does
    Column("saying", BigInteger),  # see `marking`; of what counts, by which repetitions are found
    UniqueConstraint("person_key", "event_id"),
    Index(None, "person_key", "sequence"),
    Index(None, "person_key", "item_id"),
    Index(None, "saying", "occurred_at", sqlite_where=SAID, postgresql_where=SAID),
    Index(None, "in_reply_to", sqlite_where=IS_REPLY, postgresql_where=IS_REPLY),
    sqlite_autoincrement=True,  # a sequence is never given twice, even after the newest event was erased
)

consents = Table(
    "consents",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    Column("person_key", Words, nullable=False),
    Column("purpose", Words, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("source", Words, nullable=False),
    Column("wording", Words, nullable=False),
    Index(None, "person_key", "sequence"),
    sqlite_autoincrement=True,
)

feedback = Table(
    "feedback",
    metadata,
    Column("person_key", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("item_id", Words, nullable=False),
    Column("type", Words, nullable=False),  # empty but for FORGET_ACTION: NULLs would not be unique
    Column("given_at", Instant, nullable=False),
    Column("through", Instant),
    PrimaryKeyConstraint("person_key", "kind", "item_id", "type"),
)

slates = Table(
    "slates",
    metadata,
    Column("id", Words, primary_key=True),
    Column("owner", Words, nullable=False),
    Column("payload", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "expires_at"),
    Index(None, "owner"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", Words, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("holder", Words, nullable=False),
    Column("leads_until", Instant, nullable=False),
)

showings = Table(
    "showings",
    metadata,
    Column("person_key", Words, nullable=False),
    Column("day", BigInteger, nullable=False),  # of the shop's zone, counted from the first of year 1
    Column("campaign_id", Words, nullable=False),
    Column("slate_id", Words, nullable=False),
    PrimaryKeyConstraint("person_key", "day", "campaign_id", "slate_id"),
)

attributions = Table(
    "attributions",
    metadata,
    Column("person_key", Words, nullable=False),
    Column("event_id", Words, nullable=False),
    Column("type", Words, nullable=False),
    Column("item_id", Words, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("amount", Exact),
    Column("quantity", Exact),
    Column("touched_by", Words, nullable=False),
    Column("touched_at", Instant, nullable=False),
    Column("slate_id", Words, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("placement", Words, nullable=False),
    Column("shown_item_id", Words, nullable=False),
    PrimaryKeyConstraint("person_key", "event_id"),
)

wishes = Table(
    "wishes",
    metadata,
    Column("person_key", Words, nullable=False),
    Column("event_id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("item_id", Words),
    Column("occurred_at", Instant, nullable=False),
    PrimaryKeyConstraint("person_key", "event_id"),
    Index(None, "kind", "occurred_at"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Words, primary_key=True),
    Column("text", Text, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
)

changes = Table(
    "changes",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    Column("person_key", Words, nullable=False),
    UniqueConstraint("person_key"),
    sqlite_autoincrement=True,
)

visitor_links = Table(
    "visitor_links",
    metadata,
    Column("visitor_id", Words, primary_key=True),
    Column("customer_id", Words, nullable=False),
    Column("linked_at", Instant, nullable=False),
    Column("through", Instant, nullable=False),
    Index(None, "customer_id"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("pseudonym", Words, primary_key=True),
    Column("erased_at", Instant, nullable=False),
    Column("welcomed_at", Instant),  # when they began anew; what is older is kept out all the same
)

erasures = Table(
    "erasures",
    metadata,
    Column("receipt", Words, primary_key=True),  # a hash of the id, which only whoever asked has
    Column("pseudonym", Words, nullable=False),
    Column("people", Words),  # whom it is about, until it is done
    Column("requested_at", Instant, nullable=False),
    Column("completed_at", Instant),
    Index(None, "completed_at"),
)

erasure_steps = Table(
    "erasure_steps",
    metadata,
    Column("receipt", Words, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("store", Words, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("removed", BigInteger, nullable=False),
    PrimaryKeyConstraint("receipt", "store"),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("action", Words, nullable=False),
    Column("actor", Words, nullable=False),
    Column("subject", Words, nullable=False),  # a pseudonym; empty where it is about nobody
    Column("detail", Text, nullable=False),
    Column("previous", Words, nullable=False),
    Column("digest", Words, nullable=False),
    sqlite_autoincrement=True,
)
