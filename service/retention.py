"""Every place from which something goes with time, put together: what `konomi retention` sweeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from service.adapters.feast_personal import OnlineFeatures
from service.adapters.feast_repository import FeastRepository
from service.adapters.sql_audit import SqlAuditLog
from service.adapters.sql_retention import SqlRetention
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.privacy import REJECTED
from service.recommender.ports import Clock
from service.recommender.retention import Kind, Retention
from service.settings import Settings
from service.tables.personal import PersonalTables
from service.tables.retention import Gone, RetainedHistory, RetainedRejects
from service.tables.store import TableStore

GONE = "gone.json"
"""In the state folder: up to when events went from history."""
_SUFFIX = "_days"


def periods(settings: Settings) -> Mapping[Kind, int]:
    """Tell for how many days each kind is kept; 0 for ever."""
    return {Kind(name.removesuffix(_SUFFIX)): int(days) for name, days in settings.retention.model_dump().items()}


def history_of(settings: Settings, engine: Engine, tables: TableStore, clock: Clock) -> RetainedHistory:
    """Put together what history keeps no longer than its period."""
    personal, gone = PersonalTables(tables, clock), Gone(settings.state.dir / GONE)
    return RetainedHistory(personal, gone, periods(settings), SqlVisitorLinks(engine).all)


def retention_of(
    settings: Settings, engine: Engine, repository: FeastRepository, tables: TableStore, clock: Clock,
    exported: Callable[[], int],
) -> Retention:
    """Put together all that goes with time.

    Parameters
    ----------
    engine : one that may take minutes for a statement
    exported : tells the newest sequence of the live log that is part of history
    """
    days, gone = periods(settings), Gone(settings.state.dir / GONE)
    rules = SqlRetention(engine, days, ZoneInfo(settings.shop.time_zone), exported, gone.read)
    return Retention(
        [
            rules.live_events(OnlineFeatures(repository).drop_recent),
            history_of(settings, engine, tables, clock),  # before feedback and links, which say how to read it
            *rules.others(),
            RetainedRejects(settings.state.dir / REJECTED, days[Kind.REJECTED]),
        ],
        SqlAuditLog(engine), clock,
    )
