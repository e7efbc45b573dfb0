"""The settings of who may come in: the shop's OIDC issuer, or, on loopback, the development issuer."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator, model_validator


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Auth(BaseModel, extra="forbid", frozen=True):
    """Who may come in."""

    issuer: str | None = Field(None, description="OIDC issuer; with none, loopback and the development issuer only")
    audience: str | None = Field(None, description="OIDC audience that tokens must carry")
    jwks_url: str | None = Field(None, description="Where the issuer's keys are; default: its discovery document says")
    algorithms: str = Field(
        "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA",
        description="Algorithms that tokens may be signed with, joined by commas; asymmetric ones alone",
    )
    leeway_seconds: int = Field(30, ge=0, le=300, description="By how much the issuer's clock may differ from ours")
    visitor_id_characters: int | None = Field(
        None, ge=1, le=64,
        description="Fewest characters of a visitor's id, which is all that proves them; default: 16, in development 1",
    )
    development: bool = Field(False, description="Development issuer: konomi token, customer chooser; loopback only")

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _safe(cls, value: str | None) -> str | None:
        address = urlsplit(value or "https://none")
        safe = address.scheme == "https" or (address.scheme == "http" and is_loopback(address.hostname or ""))
        if not (safe and address.hostname):
            raise ValueError("write its https:// address; http:// is for loopback alone")
        if address.username is not None:
            raise ValueError("its address is told in errors and holds no password; an issuer's keys are public")
        return value

    @field_validator("algorithms")
    @classmethod
    def _asymmetric(cls, value: str) -> str:
        if not set(value.split(",")) <= set(cls.model_fields["algorithms"].default.split(",")):
            raise ValueError(f"write some of {cls.model_fields['algorithms'].default}")
        return value

    @model_validator(mode="after")
    def _one_issuer(self) -> Self:
        if self.issuer and not self.audience:
            raise ValueError("an issuer gives tokens to many services; set KONOMI_AUTH__AUDIENCE to this one's")
        if self.issuer and self.development:
            raise ValueError("there is one issuer: with a real one, set KONOMI_AUTH__DEVELOPMENT to false")
        return self

    @property
    def shortest_visitor_id(self) -> int:
        """Fewest characters of a visitor's id."""
        return self.visitor_id_characters or (16 if self.issuer else 1)
