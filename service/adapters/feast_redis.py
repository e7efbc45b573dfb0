"""All views of one person in one command, by Feast's documented Redis layout.

Feast keeps everything about an entity in one Redis hash: a field per feature, named by the checksum of `view:feature`,
and one per view with its time. Its own store asks for each view apart, and each asking costs a round trip.

References
----------
https://github.com/feast-dev/feast/blob/master/docs/specs/online_store_format.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from feast.infra.online_stores.helpers import _mmh3, _redis_key
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp

if TYPE_CHECKING:
    from feast import FeatureView
    from feast.repo_config import RepoConfig


class RedisPlan:
    """Where some views of a person are in their hash, worked out once for many people."""

    def __init__(self, config: RepoConfig, views: Sequence[FeatureView]) -> None:
        self._project = config.project
        self._key_version = config.entity_key_serialization_version
        self._names = [[field.name for field in view.features] for view in views]
        self._fields: list[bytes] = []
        for view, names in zip(views, self._names, strict=True):
            self._fields += [f"_ts:{view.name}".encode(), *(_mmh3(f"{view.name}:{name}") for name in names)]

    def read(self, client: Any, entity_key: EntityKey) -> list[tuple[datetime | None, Mapping[str, Any]]]:
        """Read a person's rows, one per view: time and `Value`s by name; (None, {}) where there is none."""
        key = _redis_key(self._project, entity_key, entity_key_serialization_version=self._key_version)
        answers = iter(client.hmget(key, self._fields))
        rows: list[tuple[datetime | None, Mapping[str, Any]]] = []
        for names in self._names:
            written_at = next(answers)
            values = {name: Value.FromString(next(answers) or b"") for name in names}
            rows.append((_moment(written_at), values) if written_at else (None, {}))
        return rows


def _moment(encoded: bytes) -> datetime:
    moment: datetime = Timestamp.FromString(encoded).ToDatetime(tzinfo=UTC)
    return moment
