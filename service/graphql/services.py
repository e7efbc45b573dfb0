"""What the composition root hands over to GraphQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from service.graphql.budgets import Budgets
from service.graphql.persisted import PersistedDocuments
from service.graphql.refusal_status import RefusalStatus
from service.graphql.websocket_bounds import SocketBounds
from service.recommender.changes import Changes
from service.recommender.errors import EventsUnavailable
from service.recommender.identity import IdentityVerifier
from service.recommender.pipeline import Recommender
from service.recommender.ports import ConsentLedger, EventLog, FeatureSource, FeedbackStore
from service.recommender.recording import Recorder
from service.recommender.rights import Rights

_P = ParamSpec("_P")
_R = TypeVar("_R")

THREADS = 8
"""Requests that may wait for a store, or compute, at the same time."""
WRITING_THREADS = 8
"""Changes that may wait for a store at the same time; while none is written, lists go on being answered."""
WHAT_IF_THREADS = 2
"""Requests that may have their lists made again at the same time; however many ask, the others' lists go on."""


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="konomi")


def _writing_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WRITING_THREADS, thread_name_prefix="konomi-writing")


def _what_if_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WHAT_IF_THREADS, thread_name_prefix="konomi-what-if")


@dataclass(frozen=True)
class Services:
    """Everything that resolvers may call.

    Parameters
    ----------
    known : whether anything is known of a customer id
    shop_titles : titles by language of the segments that the shop brought
    verifier : reads bearer tokens; None where none are taken
    languages : the shop's, its own first
    introspection : whether the schema may be asked for
    graphiql : the page that a browser gets at the endpoint; None where there is none
    allowed_origins : pages of other origins that may call
    shortest_visitor_id : fewest characters of a visitor's id, which is all that proves that it is them
    budgets : what each client may have worked out for it
    changes : tells subscriptions of whom something is new
    sockets : how many sockets may be open
    rights : access, erasure and its proof; None where nothing is kept
    persisted : documents that are sent by a hash or an id
    refusal_status : the HTTP status of what is refused before it runs
    public_seconds : how long caches may keep what is the same for all
    threads : where blocking calls run, so that the loop stays free
    writing_threads : where changes wait to be written
    what_if_threads : where lists are made again to tell `positionWithout`, which takes longest of all
    """

    recommender: Recommender
    recorder: Recorder
    consents: ConsentLedger
    feedback: FeedbackStore
    events: EventLog
    features: FeatureSource
    known: Callable[[str], bool]
    shop_titles: Callable[[], Mapping[str, Mapping[str, str]]]
    verifier: IdentityVerifier | None = None
    languages: tuple[str, ...] = ("en", "ja")
    introspection: bool = False
    graphiql: Callable[[Request], Response] | None = None
    allowed_origins: tuple[str, ...] = ()
    shortest_visitor_id: int = 1
    budgets: Budgets = field(default_factory=Budgets)
    changes: Changes = field(default_factory=Changes)
    sockets: SocketBounds = field(default_factory=SocketBounds)
    rights: Rights | None = None
    persisted: PersistedDocuments = field(default_factory=PersistedDocuments)
    refusal_status: RefusalStatus = RefusalStatus.NEGOTIATED
    public_seconds: int = 30
    threads: ThreadPoolExecutor = field(default_factory=_threads)
    writing_threads: ThreadPoolExecutor = field(default_factory=_writing_threads)
    what_if_threads: ThreadPoolExecutor = field(default_factory=_what_if_threads)

    @property
    def the_rights(self) -> Rights:
        """Access, erasure and its proof.

        Raises
        ------
        EventsUnavailable
            Where there is nothing that keeps people.
        """
        if self.rights is None:
            raise EventsUnavailable("No stores of people were given.")
        return self.rights

    async def run(self, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Do something that blocks, off the loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, lambda: work(*args, **kwargs))

    async def run_change(self, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Change something, off the loop, and off the threads that answers are made on."""
        return await asyncio.get_running_loop().run_in_executor(self.writing_threads, lambda: work(*args, **kwargs))

    async def run_what_if(self, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Make lists again, off the loop, and off the threads that everything else waits for."""
        return await asyncio.get_running_loop().run_in_executor(self.what_if_threads, lambda: work(*args, **kwargs))
