"""Who calls: the bearer of a token, a visitor who names itself, or nobody in particular."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address, ip_network

from service.graphql.services import Services
from service.recommender.consent import DECLINED_BY_GPC
from service.recommender.errors import InvalidToken, Unauthenticated
from service.recommender.identity import ANONYMOUS, Identity, Scope, visitor_identity
from service.recommender.robots import is_robot

VISITOR_HEADER = "X-Konomi-Visitor"
PRIVACY_HEADER = "Sec-GPC"
AGENT_HEADER = "User-Agent"
ROUTER_HEADER = "Router-Authorization"
"""A router's own token, beside that of whom it asks for."""
_SCHEME = "bearer"


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request says about who sends it and which language they read."""

    authorization: str | None = None
    visitor: str | None = None
    language: str | None = None
    address: str | None = None
    """Where the call comes from; None within this process."""
    router: str | None = None
    """What a router says of itself."""
    privacy_control: str | None = None
    """What the browser's Global Privacy Control says."""
    agent: str | None = None
    """What the program that calls says of itself."""

    @classmethod
    def with_token(
        cls, token: str | None, language: str | None = None, visitor: str | None = None,
        privacy_control: str | None = None,
    ) -> Caller:
        """Make a caller out of a bare token."""
        return cls(f"Bearer {token}" if token else None, visitor, language, privacy_control=privacy_control)


async def identify(caller: Caller, services: Services) -> Identity:
    """Find out who calls; a customer's token goes before the visitor's own word.

    Raises
    ------
    Unauthenticated
        If there is a token and it does not hold.
    IssuerUnavailable
        If there is a token, and the keys to check it with cannot be read.
    InvalidArgument
        If the visitor's name is too short, too long, or no name.
    """
    identity = ANONYMOUS if caller.authorization is None else await _verified(caller.authorization, services)
    if caller.privacy_control is not None and caller.privacy_control.strip() == "1":
        identity = replace(identity, declined=DECLINED_BY_GPC)
    if identity.service is None and is_robot(caller.agent):
        identity = replace(identity, is_robot=True)
    if identity.person is None and caller.visitor is not None:
        return replace(identity, person=visitor_identity(caller.visitor, services.shortest_visitor_id).person)
    return identity


async def is_router(caller: Caller, services: Services) -> bool:
    """Find out whether a router asks, be it for somebody or for itself: a service with schema:read.

    Raises
    ------
    Unauthenticated
        If there is a token and it does not hold.
    IssuerUnavailable
        If there is a token, and the keys to check it with cannot be read.
    """
    shown = caller.authorization if caller.router is None else caller.router
    return shown is not None and Scope.SCHEMA_READ in (await _verified(shown, services)).scopes


async def _verified(authorization: str, services: Services) -> Identity:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != _SCHEME or not token.strip():
        raise Unauthenticated("Send the token as `Authorization: Bearer TOKEN`.")
    if services.verifier is None:
        raise Unauthenticated("This service takes no tokens: no issuer is configured.")
    return await services.verifier.verify(token.strip())


def challenge(fault: Unauthenticated) -> str:
    """Write the WWW-Authenticate of a refusal (RFC 6750): a token that does not hold is called by its name.

    >>> challenge(Unauthenticated("Sign in.")), challenge(InvalidToken("It has expired; sign in again."))[:44]
    ('Bearer realm="konomi"', 'Bearer realm="konomi", error="invalid_token"')
    """
    realm = 'Bearer realm="konomi"'
    if not isinstance(fault, InvalidToken):
        return realm
    return f'{realm}, error="invalid_token", error_description="{fault}"'


def client_key(identity: Identity, address: str | None) -> str:
    """Name the client that limits are counted for: the bearer of a token, else where the call comes from.

    Whoever names themselves could do so anew with each call, so a visitor's word counts for nothing here; of an IPv6
    address only the network does, since each home has one. It is personal: count by it, never log it.

    >>> client_key(Identity(service="crm"), "192.0.2.1"), client_key(ANONYMOUS, "2001:db8::17")
    ('service:crm', 'from:2001:db8::/64')
    """
    if identity.service is not None:
        return f"service:{identity.service}"
    if identity.person is not None and identity.person.is_customer:
        return f"customer:{identity.person.id}"
    return f"from:{_network(address)}"


def _network(address: str | None) -> str:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or "here"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
