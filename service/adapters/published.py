"""What is published: the tables' generation and the artefact's version, and a new snapshot whenever either changes."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from index.errors import ArtefactError
from index.store import ArtefactStore
from service.adapters.published_snapshot import load_snapshot
from service.recommender.segment_sizes import SegmentSizes
from service.recommender.snapshot import Snapshot

log = logging.getLogger("konomi")
_State = tuple[str, str | None, int | None]
"""Generation of the tables, version of the artefact, and when segments were last counted."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The shop's tables as they stand, as far as serving needs them."""

    version: str
    items: Path
    events: Sequence[Path]
    segments: Path | None
    facts: Mapping[str, str]


class Published:
    """Looks for what is new, and makes a snapshot of it; what cannot be served is refused and the old one stays.

    Parameters
    ----------
    tables : tells the tables as they stand; None before the first import
    artefacts : where versions are published
    segment_sizes : file of the people in each segment, counted anew since a version was trained
    """

    def __init__(self, tables: Callable[[], Tables | None], artefacts: ArtefactStore, segment_sizes: Path) -> None:
        self._tables, self._artefacts, self._segment_sizes = tables, artefacts, segment_sizes
        self._served: _State | None = None
        self._refused: tuple[_State, object] | None = None
        """With what was seen of the version then: it may still be on its way here."""
        self.trouble: str | None = None
        """Why what is published is not what is served; None where it is."""
        self._titles: tuple[str, Mapping[str, Mapping[str, str]]] = ("", {})

    def newer(self) -> Snapshot | None:
        """Give a snapshot where something new is published and whole; None otherwise."""
        tables = self._tables()
        if tables is None:
            return None
        version, unreadable = self._published()
        wanted = (tables.version, version, self._counted_at())
        if wanted == self._served:
            self._say(unreadable)
            return None
        seen = self._seen_of(version)
        if (wanted, seen) == self._refused:
            return None
        try:
            snapshot = self._loaded(tables, version)
        except (ArtefactError, OSError) as error:
            self._refused = wanted, seen
            return self._without(tables, version, error)
        self._served, self._refused = wanted, None
        self._say(unreadable)
        return snapshot

    def _published(self) -> tuple[str | None, str | None]:
        """Name the version that is published, or, where that cannot be told, the one that is served, and say why."""
        try:
            return self._artefacts.current(), None
        except (ArtefactError, OSError) as error:
            return self._served[1] if self._served else None, f"what is published cannot be told: {error}"

    def _loaded(self, tables: Tables, version: str | None) -> Snapshot:
        return load_snapshot(
            tables.items, tables.version, self._artefacts, version, counted=self._counted(version), facts=tables.facts,
        )

    def _without(self, tables: Tables, refused: str | None, error: Exception) -> Snapshot | None:
        """Go on with what serves; a server that starts begins with the newest version before that is whole."""
        if self._served is not None:
            self._say(f"version {refused} is refused, the old one serves on: {error}")
            return None
        before: tuple[str | None, ...] = ()
        with suppress(ArtefactError, OSError):
            before = tuple(self._artefacts.previous())
        for version in (*before, None):
            with suppress(ArtefactError, OSError):
                snapshot = self._loaded(tables, version)
                self._served = tables.version, version, self._counted_at()
                instead = f"{version}, which was published before, serves" if version else "nothing trained serves"
                self._say(f"version {refused} is refused, {instead}: {error}")
                return snapshot
        self._say(f"version {refused} is refused, and nothing serves: {error}")
        return None

    def _seen_of(self, version: str | None) -> object:
        if version is None:
            return None
        with suppress(OSError):
            return self._artefacts.traces(version)
        return None

    def _say(self, trouble: str | None) -> None:
        """Tell what is wrong, or that nothing is; it is logged once for as long as it is the same."""
        if trouble is not None and trouble != self.trouble:
            log.warning("The artefact: %s", trouble)
        self.trouble = trouble

    def _counted_at(self) -> int | None:
        with suppress(OSError):
            return self._segment_sizes.stat().st_mtime_ns
        return None

    def _counted(self, version: str | None) -> SegmentSizes | None:
        """People in each segment of a version, where they were counted after it was trained."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            found = json.loads(self._segment_sizes.read_text(encoding="utf-8"))
            return SegmentSizes.of_json(found["sizes"]) if found["version"] == version else None
        return None

    def history(self) -> Sequence[Path]:
        """Files of the imported events."""
        tables = self._tables()
        return tables.events if tables else ()

    def segment_titles(self) -> Mapping[str, Mapping[str, str]]:
        """Titles of the shop's own segments, by key and language; read once for each import."""
        tables = self._tables()
        if tables is None or tables.segments is None:
            return {}
        if self._titles[0] != tables.version:
            read = pq.read_table(tables.segments, columns=["segment", "title_en", "title_ja"])
            rows = read.group_by(read.column_names).aggregate([]).to_pylist()
            self._titles = tables.version, {
                row["segment"]: {language: title for language in ("en", "ja") if (title := row[f"title_{language}"])}
                for row in rows
            }
        return self._titles[1]
