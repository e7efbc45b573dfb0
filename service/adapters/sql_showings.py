"""How many answers held a campaign for a person, on SQL: one transaction counts and grants."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Engine, bindparam, delete, func, insert, select

from service.adapters.sql_database import reader, take_turn_for, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import showings
from service.adapters.sql_tombstones import gone
from service.recommender.breaker import Breaker
from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person

_TODAY = (
    select(showings.c.campaign_id, showings.c.slate_id)
    .where(showings.c.person_key == bindparam("person"), showings.c.day == bindparam("day"))
)
_SPENT = (
    select(showings.c.campaign_id)
    .where(showings.c.person_key == bindparam("person"), showings.c.day == bindparam("day"))
    .group_by(showings.c.campaign_id)
    .having(func.count() >= bindparam("most"))
)
_EARLIER = delete(showings).where(showings.c.person_key == bindparam("person"), showings.c.day < bindparam("day"))


class SqlShowings:
    """Showings on SQLite or PostgreSQL; safe to use from several threads and replicas.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)
        self._breaker = Breaker("count of showings")

    def claim(self, person: Person, day: date, slate_id: str, campaigns: Collection[str], most: int) -> frozenset[str]:
        """Count an answer for each campaign that is below its cap; see `Showings.claim`.

        Whoever was erased meanwhile is granted none, and not counted.

        Raises
        ------
        EventsUnavailable
        """
        if not self._breaker.admits():  # reading may go on where writing does not
            raise EventsUnavailable("Showings could not be counted lately; it is tried again soon.")
        try:
            granted = self._claimed(person, day, slate_id, campaigns, most)
        except EventsUnavailable:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return granted

    def _claimed(
        self, person: Person, day: date, slate_id: str, campaigns: Collection[str], most: int,
    ) -> frozenset[str]:
        # A count that a power cut takes costs one more showing; a sync to disk would cost each answer milliseconds.
        with faults_as(EventsUnavailable), writing(self._engine, lasting=False) as connection:
            take_turn_for(connection, person)
            if gone(connection, [person.key]):
                return frozenset()
            of_campaign: dict[str, set[str]] = {campaign: set() for campaign in campaigns}
            for campaign, slate in connection.execute(_TODAY, {"person": person.key, "day": day.toordinal()}):
                of_campaign.setdefault(campaign, set()).add(slate)
            granted = {one for one in campaigns if slate_id in of_campaign[one] or len(of_campaign[one]) < most}
            fresh = sorted(one for one in granted if slate_id not in of_campaign[one])
            if fresh:
                row = {"person_key": person.key, "day": day.toordinal(), "slate_id": slate_id}
                connection.execute(insert(showings), [{**row, "campaign_id": one} for one in fresh])
                connection.execute(_EARLIER, {"person": person.key, "day": day.toordinal()})
            return frozenset(granted)

    def spent(self, person: Person, day: date, most: int) -> frozenset[str]:
        """Campaigns at their cap; see `Showings.spent`.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            values = {"person": person.key, "day": day.toordinal(), "most": most}
            return frozenset(connection.execute(_SPENT, values).scalars())
