"""Why an event counts nowhere, and by what repetitions are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("mark", sa.String))
    op.add_column("events", sa.Column("saying", sa.BigInteger))
    said = sa.text("saying IS NOT NULL")  # none as yet: the index is made at once, however long the log is
    op.create_index(
        "ix_events_saying_occurred_at", "events", ["saying", "occurred_at"], sqlite_where=said, postgresql_where=said,
    )
