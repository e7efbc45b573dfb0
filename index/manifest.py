"""The manifest of an artefact: what it holds, what it was made from, and how good it is."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from index.errors import ArtefactCorrupt

MANIFEST = "manifest.json"
SCHEMA_VERSION = 1
METRIC = "inner_product"
_SAFE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """Length and checksum of one file."""

    sha256: str
    bytes: int

    @classmethod
    def of(cls, path: Path) -> FileEntry:
        """Read a file through and describe it."""
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
        return cls(digest.hexdigest(), size)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One nearest-neighbour index and how well it finds what exact search finds."""

    file: str
    type: str
    items: int
    nprobe: int | None = None
    recall: float | None = None
    """Recall at 100 against exact search, with the vectors of real people; None until it is verified."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that a server must know before it maps a file.

    `created_at` and the ends of `training_window` are ISO 8601 in UTC.
    """

    version: str
    created_at: str
    dimension: int
    items: Mapping[str, int]
    """Items by kind."""
    catalogue_version: str
    training_window: tuple[str, str]
    feature_names: tuple[str, ...]
    seed: int
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    quality: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Metrics by model, measured on the newest week, which none of them had seen."""
    indexes: Mapping[str, IndexEntry] = field(default_factory=dict)
    """By kind of item."""
    metric: str = METRIC
    schema_version: int = SCHEMA_VERSION

    @property
    def item_count(self) -> int:
        """Rows of every array."""
        return sum(self.items.values())

    @property
    def made_at(self) -> datetime:
        """When it was made, aware."""
        return datetime.fromisoformat(self.created_at)

    def to_json(self) -> str:
        """Write it out, keys sorted, so that equal manifests are equal bytes."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of a folder.

        Raises
        ------
        ArtefactCorrupt
            If it is missing, torn, incomplete, or of a schema that this code does not read.
        """
        path = folder / MANIFEST
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise ArtefactCorrupt(f"{path} cannot be read ({error}); train or fetch this version again.") from error
        if not isinstance(raw, dict) or raw.get("schema_version") != SCHEMA_VERSION:
            raise ArtefactCorrupt(f"{path} is no manifest of schema {SCHEMA_VERSION}; train with this code.")
        try:
            return cls._parse(raw)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ArtefactCorrupt(f"{path} is incomplete ({error!r}); train or fetch this version again.") from error

    @classmethod
    def _parse(cls, raw: dict[str, object]) -> Manifest:
        known: dict[str, object] = dict(raw)
        files, indexes = raw["files"], raw["indexes"]
        if not isinstance(files, dict) or not isinstance(indexes, dict):
            raise TypeError("files and indexes are objects")
        known["files"] = {safe_name(name): FileEntry(**entry) for name, entry in files.items()}
        known["indexes"] = {kind: IndexEntry(**entry) for kind, entry in indexes.items()}
        known["training_window"] = tuple(raw["training_window"])  # type: ignore[arg-type]
        known["feature_names"] = tuple(raw["feature_names"])  # type: ignore[arg-type]
        return cls(**known)  # type: ignore[arg-type]


def safe_name(name: str) -> str:
    """Return a version or file name that cannot leave its folder.

    Raises
    ------
    ValueError
        Otherwise.

    >>> safe_name("20260105T031500Z")
    '20260105T031500Z'
    """
    if not _SAFE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a version or file: letters, digits, dot, dash and underscore only")
    return name
