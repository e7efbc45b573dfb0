"""Who calls: the bearer of a token, a visitor who names itself, or nobody in particular."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.graphql.services import Services
from service.recommender.errors import Unauthenticated
from service.recommender.identity import ANONYMOUS, Identity, visitor_identity

VISITOR_HEADER = "X-Konomi-Visitor"
_SCHEME = "bearer"


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request says about who sends it and which language they read."""

    authorization: str | None = None
    visitor: str | None = None
    language: str | None = None

    @classmethod
    def with_token(cls, token: str | None, language: str | None = None, visitor: str | None = None) -> Caller:
        """Make a caller out of a bare token."""
        return cls(f"Bearer {token}" if token else None, visitor, language)


def identify(caller: Caller, services: Services) -> Identity:
    """Find out who calls; a customer's token goes before the visitor's own word.

    Raises
    ------
    Unauthenticated
        If there is a token and it does not hold.
    InvalidArgument
        If the visitor's name is empty or too long.
    """
    identity = ANONYMOUS if caller.authorization is None else _verified(caller.authorization, services)
    if identity.person is None and caller.visitor is not None:
        return replace(identity, person=visitor_identity(caller.visitor).person)
    return identity


def _verified(authorization: str, services: Services) -> Identity:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != _SCHEME or not token.strip():
        raise Unauthenticated("Send the token as `Authorization: Bearer TOKEN`.")
    if services.verifier is None:
        raise Unauthenticated("This service takes no tokens: no issuer is configured.")
    return services.verifier.verify(token.strip())
