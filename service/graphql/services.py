"""What the composition root hands over to GraphQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from service.graphql.budgets import Budgets
from service.recommender.identity import IdentityVerifier
from service.recommender.pipeline import Recommender
from service.recommender.ports import ConsentLedger, EventLog, FeatureSource, FeedbackStore
from service.recommender.recording import Recorder

THREADS = 8
"""Requests that may wait for a store, or compute, at the same time."""


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="konomi")


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
    threads : where blocking calls run, so that the loop stays free
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
    threads: ThreadPoolExecutor = field(default_factory=_threads)
