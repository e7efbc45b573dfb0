"""What a server waits for before it may be sent requests, and what it does without; in words that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Engine

from service.adapters.oidc_identity import OidcVerifier
from service.adapters.sql_database import is_migrated
from service.graphql.services import Services
from service.recommender.consent import Purpose
from service.recommender.errors import DependencyFault
from service.recommender.person import Person


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands in the way of answering, by its name, and what answers are made without."""

    missing: Mapping[str, str] = field(default_factory=dict)
    degraded: Mapping[str, str] = field(default_factory=dict)


def readiness(engine: Engine, services: Services, trouble: Callable[[], str | None]) -> Callable[[], Readiness]:
    """Make the question of what is not ready yet, and why.

    A store that does not answer keeps a server from starting out. Once it was ready, it answers without that store, as
    do all its replicas: were none sent requests, everybody would be answered nothing at all.

    Parameters
    ----------
    engine : gives up soon, so that whoever asks does not
    trouble : why what is published is not what is served; None where it is
    """
    was_ready = False

    def ask() -> Readiness:
        nonlocal was_ready
        away, refused = _away(engine, services), trouble()
        if "index" not in services.recommender.snapshot.versions:
            why = refused or "no version is published; run konomi refresh"
            return Readiness({"index": why, **away})
        was_ready = was_ready or not away
        stale = {"index": refused} if refused else {}
        return Readiness(degraded={**stale, **away}) if was_ready else Readiness(away, stale)

    return ask


def _away(engine: Engine, services: Services) -> dict[str, str]:
    found = {}
    try:
        services.features.read(Person.customer(" "), frozenset({Purpose.PERSONALISE_CONTENT}))
    except DependencyFault:
        found["features"] = "the online feature store does not answer; run konomi features, or start the store"
    if isinstance(services.verifier, OidcVerifier) and not services.verifier.is_ready():
        found["issuer"] = "its keys have not been read yet; check KONOMI_AUTH__ISSUER, and the way to it"
    if not is_migrated(engine):
        found["database"] = "does not answer, or is not migrated; start it, or run konomi migrate"
    return found
