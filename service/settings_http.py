"""The settings of the server: whom it answers, how, and how long it waits."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal

from pydantic import BaseModel, Field, field_validator

_MAPPED_BITS = 96
"""Before an IPv4 address that is written as an IPv6 one, as sockets for both tell it."""


class Http(BaseModel, extra="forbid", frozen=True):
    """The server."""

    allowed_origins: str = Field("", description="Origins that browsers may call from, joined by commas")
    trusted_proxies: str = Field(
        "", description="Addresses and networks (10.0.0.0/8) of proxies whose X-Forwarded-For tells who calls, joined "
        "by commas; default: nobody's",
    )
    graphiql: bool = Field(False, description="Serve GraphiQL to browsers at /graphql")
    introspection: bool = Field(False, description="Answer introspection queries")
    trusted_documents: bool = Field(
        False, description="Execute only what `konomi documents register` registered; refuse anything else",
    )
    refusal_status: Literal["negotiated", "200", "400"] = Field(
        "negotiated", description="Status of a request that is refused before it runs: negotiated (400 as "
        "application/graphql-response+json, 200 as application/json), 200 or 400",
    )
    public_seconds: int = Field(
        30, ge=0, le=600, description="Seconds for which caches may keep answers that are the same for everybody",
    )
    header_seconds: float = Field(10, gt=0, description="Seconds in which the head of a request must have arrived")
    body_seconds: float = Field(30, gt=0, description="Seconds in which the body of a request must have arrived")
    idle_seconds: float = Field(
        75, gt=0, description="Seconds after which an idle connection, or one that reads no answer, is closed; more "
        "than a load balancer's own",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in _split(value):
            try:
                network = ip_network(one)
            except ValueError as fault:
                raise ValueError(f"{fault}; write addresses and networks, as 10.0.0.7,10.1.0.0/16") from None
            if network.prefixlen == 0:
                raise ValueError(f"{one} is everybody, who could call themselves anybody; name the proxies")
        return value

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins that browsers may call from."""
        return _split(self.allowed_origins)

    @property
    def proxies(self) -> list[str]:
        """Networks of trusted proxies, those of IPv4 in both ways in which sockets tell them."""
        networks = [ip_network(one) for one in _split(self.trusted_proxies)]
        return [written for one in networks for written in _written(one)]


def _split(listed: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, listed.split(","))))


def _written(network: IPv4Network | IPv6Network) -> tuple[str, ...]:
    if isinstance(network, IPv6Network):
        return (str(network),)
    return str(network), f"::ffff:{network.network_address}/{_MAPPED_BITS + network.prefixlen}"
