"""A generation: one consistent state of the shop's tables, and the manifest that names its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from service.tables.errors import StoreDamaged

FORMAT: Final = 1


@dataclass(frozen=True)
class Generation:
    """The tables as they stand after one write; the files are immutable.

    Files outlive their generation by one: who still reads generation *n* finishes in peace while *n* + 1 is
    current, and takes `TableStore.current` again before *n* + 2 is written.
    """

    version: str
    directory: Path
    """The store's folder."""
    items: Path
    customers: Path
    events: tuple[Path, ...]
    """Each sorted by (coalesce(customer_id, visitor_id), occurred_at); together they hold no event twice."""
    segments: Path | None
    offers: Path | None
    imported_at: datetime
    data_through: datetime | None
    """When the latest event happened."""
    counts: Mapping[str, int]
    """Rows by table."""
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Statements about the data as a whole, such as a shift of its dates."""

    @property
    def tables(self) -> Mapping[str, Path | None]:
        """File by table, for the tables that are a single file."""
        return {"items": self.items, "customers": self.customers, "segments": self.segments, "offers": self.offers}

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that this generation reads."""
        return (*self.events, *(path for path in self.tables.values() if path is not None))


@dataclass(frozen=True)
class Manifest:
    """What `current.json` says: the generation, its place in the sequence, and the files of the one before."""

    sequence: int
    generation: Generation
    previous: tuple[Path, ...]

    def dumps(self) -> str:
        """Write the manifest as JSON, with paths relative to the store's folder."""
        generation = self.generation
        root = generation.directory

        def name(path: Path | None) -> str | None:
            return None if path is None else path.relative_to(root).as_posix()

        through = generation.data_through
        document = {
            "format": FORMAT,
            "sequence": self.sequence,
            "version": generation.version,
            "imported_at": generation.imported_at.isoformat(),
            "data_through": None if through is None else through.isoformat(),
            "counts": dict(generation.counts),
            "facts": dict(generation.facts),
            "files": {
                "items": name(generation.items),
                "customers": name(generation.customers),
                "events": [name(path) for path in generation.events],
                "segments": name(generation.segments),
                "offers": name(generation.offers),
            },
            "previous": [name(path) for path in self.previous],
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def load_manifest(path: Path) -> Manifest | None:
    """Read a manifest; None where there is none.

    Raises
    ------
    StoreDamaged
        If it is not a manifest of this format.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read ({error}); restore it, or remove the folder {path.parent} and import again"
        raise StoreDamaged(message) from error
    try:
        return _manifest(path.parent, document)
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path} is no manifest of format {FORMAT} ({error!r}); remove {path.parent} and import again"
        raise StoreDamaged(message) from error


def _manifest(root: Path, document: dict[str, Any]) -> Manifest:
    if document["format"] != FORMAT:
        message = f"format {document['format']}"
        raise ValueError(message)
    files = document["files"]
    through = document["data_through"]
    generation = Generation(
        version=document["version"],
        directory=root,
        items=root / files["items"],
        customers=root / files["customers"],
        events=tuple(root / name for name in files["events"]),
        segments=None if files["segments"] is None else root / files["segments"],
        offers=None if files["offers"] is None else root / files["offers"],
        imported_at=datetime.fromisoformat(document["imported_at"]),
        data_through=None if through is None else datetime.fromisoformat(through),
        counts=MappingProxyType({str(table): int(rows) for table, rows in document["counts"].items()}),
        facts=MappingProxyType({str(key): str(text) for key, text in document["facts"].items()}),
    )
    return Manifest(int(document["sequence"]), generation, tuple(root / name for name in document["previous"]))
