"""What a server waits for before it may be sent requests, each in words that say what to do."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.adapters.oidc_identity import OidcVerifier
from service.adapters.sql_database import is_migrated
from service.graphql.services import Services
from service.recommender.consent import Purpose
from service.recommender.errors import DependencyFault
from service.recommender.person import Person


def readiness(engine: Engine, services: Services) -> Callable[[], dict[str, str]]:
    """Make the question of what is not ready yet, and why; the answer is empty when all is."""

    def missing() -> dict[str, str]:
        found = {}
        if "index" not in services.recommender.snapshot.versions:
            found["index"] = "no version is published; run konomi refresh"
        try:
            services.features.read(Person.customer(" "), frozenset({Purpose.PERSONALISE_CONTENT}))
        except DependencyFault:
            found["features"] = "the online feature store does not answer; run konomi features, or start the store"
        if isinstance(services.verifier, OidcVerifier) and not services.verifier.is_ready():
            found["issuer"] = "its keys have not been read yet; check KONOMI_AUTH__ISSUER, and the way to it"
        try:
            if not is_migrated(engine):
                found["database"] = "not migrated; run konomi migrate"
        except SQLAlchemyError:
            found["database"] = "does not answer"
        return found

    return missing
