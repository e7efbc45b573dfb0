"""Settings: typed, out of the environment alone; what is unknown or wrong stops the start with a clear line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from service.settings_answers import Answers
from service.settings_auth import Auth
from service.settings_http import Http
from service.settings_limits import Limits
from service.settings_retention import Retention
from service.settings_secrets import IN_FILE, with_files_read, without_credentials
from service.settings_websocket import WebSockets

PREFIX = "KONOMI_"
SHORTEST_KEY = 16
SEPARATOR = "__"
SHOP_FILE = "settings.json"
"""In the state folder: what `konomi demo` chose for it; the environment comes first."""


class SettingsFault(Exception):
    """A setting is unknown or wrong; the text is one clear line each."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class State(_Group):
    """Where the embedded default keeps everything."""

    dir: Path = Field(Path(".konomi"), description="Folder of the embedded state: tables, features, versions, database")


class Database(_Group):
    """Operational state."""

    url: SecretStr | None = Field(
        None, description="SQLAlchemy URL, postgresql+psycopg://… in production; default: SQLite in the state",
    )


class Features(_Group):
    """Feast's stores."""

    online: SecretStr = Field(
        SecretStr("sqlite"), description="Online store: sqlite, or redis://host:port (Redis or Valkey)",
    )
    registry: SecretStr | None = Field(
        None, description="SQLAlchemy URL of Feast's registry; default: in PostgreSQL, else a file in the state",
    )

    @field_validator("online")
    @classmethod
    def _known_store(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() != "sqlite" and not value.get_secret_value().startswith(("redis://", "rediss://")):
            raise ValueError("write sqlite or redis://host:port")
        return value


class Artefacts(_Group):
    """Trained versions."""

    url: str | None = Field(None, description="Where versions are published: a path or fsspec URL; default: the state")
    poll_seconds: float = Field(
        0.5, ge=0.05, le=3600, description="Seconds between two looks of a server for a newly published version",
    )


class Shop(_Group):
    """The shop."""

    time_zone: str = Field("Asia/Tokyo", description="IANA zone in which days are told and budgets are counted")
    currency: str = Field("JPY", pattern="^[A-Z]{3}$", description="ISO 4217")
    languages: str = Field("ja,en", description="Languages of texts, the shop's own first")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("no IANA time zone; write one such as Asia/Tokyo")
        return value

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, value: str) -> str:
        if not set(value.split(",")) <= {"en", "ja"} or not value:
            raise ValueError("konomi speaks ja and en; write ja,en or one of them")
        return value

    @property
    def spoken(self) -> tuple[str, ...]:
        """Languages in order."""
        return tuple(self.languages.split(","))


class Security(_Group):
    """Keys."""

    signing_keys: SecretStr | None = Field(
        None, description="Keys of cursors and tokens, newest first, joined by commas; default: made once in the state",
    )
    privacy_key: SecretStr | None = Field(
        None, description="Key of the hashes by which the erased are known; the same for all replicas, never changed; "
        "default: made once in the state",
    )

    @field_validator("privacy_key")
    @classmethod
    def _whole_and_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(value.get_secret_value().strip().encode()) < SHORTEST_KEY:
            raise ValueError(f"it has at least {SHORTEST_KEY} bytes, as of openssl rand -base64 32")
        return value

    @field_validator("signing_keys")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value and any(len(key.strip().encode()) < SHORTEST_KEY for key in value.get_secret_value().split(",")):
            raise ValueError(f"each key has at least {SHORTEST_KEY} bytes, as of openssl rand -base64 32")
        return value


class Settings(_Group):
    """All settings; `load_settings` reads them."""

    state: State = State()
    database: Database = Database()
    features: Features = Features()
    artefacts: Artefacts = Artefacts()
    shop: Shop = Shop()
    security: Security = Security()
    auth: Auth = Auth()
    http: Http = Http()
    limits: Limits = Limits()
    websocket: WebSockets = WebSockets()
    retention: Retention = Retention()
    answers: Answers = Answers()

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the operational state."""
        given = self.database.url
        return given.get_secret_value() if given else f"sqlite:///{(self.state.dir / 'konomi.db').absolute()}"

    @property
    def feature_stores(self) -> tuple[str, str | None]:
        """Where Feast's online store and its registry are, as plain text; a registry without an address is a file."""
        given, shared = self.features.registry, self.database_url
        registry = given.get_secret_value() if given else shared if shared.startswith("postgresql") else None
        return self.features.online.get_secret_value(), registry

    @property
    def tables_dir(self) -> Path:
        """Folder of the shop's tables."""
        return self.state.dir / "tables"

    @property
    def features_dir(self) -> Path:
        """Folder of the Feast repository."""
        return self.state.dir / "features"

    @property
    def segment_sizes_file(self) -> Path:
        """File of the people in each segment, counted anew with the features."""
        return self.features_dir / "segment_sizes.json"

    @property
    def artefacts_dir(self) -> Path:
        """Folder of the versions in the state: the versions themselves, or a cache of those published elsewhere."""
        return self.state.dir / "artefacts"

    @property
    def artefacts_url(self) -> str:
        """Where versions are published."""
        return self.artefacts.url or str(self.artefacts_dir.absolute())


GROUPS: Mapping[str, type[BaseModel]] = {
    name: kind
    for name, info in Settings.model_fields.items()
    if isinstance(kind := info.annotation, type) and issubclass(kind, BaseModel)
}
SECRETS = frozenset(
    f"{PREFIX}{group}{SEPARATOR}{field}".upper()
    for group, kind in GROUPS.items()
    for field, info in kind.model_fields.items()
    if SecretStr in (info.annotation, *get_args(info.annotation))
)
"""Settings that are shown to nobody."""


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises
    ------
    SettingsFault
        Naming every setting that is unknown or wrong, and what it may be.
    """
    try:
        given = with_files_read(os.environ if environment is None else environment, SECRETS)
    except ValueError as fault:
        raise SettingsFault(str(fault)) from None
    unknown = [
        name for name in given
        if name.startswith(PREFIX) and SEPARATOR in name and not _is_known(*_split(name))
    ]
    if unknown:
        raise SettingsFault("; ".join(map(_unknown, sorted(unknown))))
    folder = Path(given.get(f"{PREFIX}STATE__DIR", State.model_fields["dir"].default))
    values = _chosen(folder)
    for name, value in given.items():
        if name.startswith(PREFIX) and SEPARATOR in name:
            group, field = _split(name)
            values.setdefault(group, {})[field] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = [
            f"{PREFIX}{SEPARATOR.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()
        ]
        raise SettingsFault("; ".join(lines)) from None


def _split(name: str) -> tuple[str, str]:
    group, _, field = name.removeprefix(PREFIX).partition(SEPARATOR)
    return group.lower(), field.lower()


def _unknown(name: str) -> str:
    """Say that there is no such setting, and which one is likely meant."""
    known = [
        f"{PREFIX}{group}{SEPARATOR}{field}".upper() for group, kind in GROUPS.items() for field in kind.model_fields
    ]
    near = get_close_matches(name.upper(), known, n=1)
    advice = f"write {near[0]}, or unset it" if near else "unset it; `konomi settings` lists those that there are"
    return f"unknown setting {name}; {advice}"


def _is_known(group: str, field: str) -> bool:
    return group in GROUPS and field in GROUPS[group].model_fields


def _chosen(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / SHOP_FILE
    try:
        chosen = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsFault(f"{path} cannot be read ({error}); remove it or mend it") from error
    return {**{group: dict(entries) for group, entries in chosen.items()}, "state": {"dir": folder}}


@dataclass(frozen=True, slots=True)
class Described:
    """One setting, for showing."""

    name: str
    value: str
    source: str
    description: str


def describe(settings: Settings) -> Iterator[Described]:
    """Tell every setting with its value (secrets hidden), where it comes from, and what it is for."""
    chosen = _chosen(settings.state.dir)
    for group, kind in GROUPS.items():
        for field, info in kind.model_fields.items():
            name = f"{PREFIX}{group.upper()}{SEPARATOR}{field.upper()}"
            value = getattr(getattr(settings, group), field)
            shown = "" if value is None else without_credentials(str(value))
            in_state = "state folder" if field in chosen.get(group, {}) else "default"
            in_file = "file" if name in SECRETS and name + IN_FILE in os.environ else in_state
            source = "environment" if name in os.environ else in_file
            yield Described(name, shown, source, info.description or "")
