"""Which version is current: one small pointer file, moved in one step, that remembers where it pointed before."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from index.artefact import STAGING, clear_staging, find, open_artefact, versions
from index.durable import only_writer, replace_text
from index.errors import ArtefactCorrupt, ArtefactMissing, ArtefactRefused
from index.manifest import Manifest, safe_name
from service.recommender.catalogue import ItemKind

POINTER = "current"
_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class Pointer:
    """The current version and those before it, newest first."""

    version: str
    previous: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Write it out."""
        return json.dumps({"version": self.version, "previous": self.previous}) + "\n"

    @classmethod
    def parse(cls, text: str, where: object) -> Pointer:
        """Read it back.

        Raises
        ------
        ArtefactCorrupt
            If it is no pointer.
        """
        try:
            raw = json.loads(text)
            return cls(safe_name(raw["version"]), tuple(map(safe_name, raw["previous"])))
        except (KeyError, TypeError, ValueError) as error:
            raise ArtefactCorrupt(f"{where} is no pointer to a version ({error}); publish a version again.") from error

    def moved_to(self, version: str) -> Pointer:
        """Point to a version and remember this one; pointing to the same changes nothing."""
        if version == self.version:
            return self
        before = tuple(name for name in (self.version, *self.previous) if name != version)
        return Pointer(version, before[:_REMEMBERED])

    def moved_back(self) -> Pointer:
        """Point to the version before.

        Raises
        ------
        ArtefactMissing
            If there was none.
        """
        if not self.previous:
            raise ArtefactMissing(f"Before {self.version} nothing was published; there is nothing to go back to.")
        return Pointer(self.previous[0], self.previous[1:])


def pointer(root: Path) -> Pointer | None:
    """Read the pointer; None before the first publication."""
    path = root / POINTER
    try:
        return Pointer.parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        return None


def current(root: Path) -> str | None:
    """Name the current version; None before the first publication."""
    now = pointer(root)
    return now.version if now else None


def publish(root: Path, version: str) -> Pointer:
    """Make a version current, after verifying it.

    Raises
    ------
    ArtefactMissing, ArtefactCorrupt
        If it is not there, or not whole.
    ArtefactRefused
        If an index is missing or was never verified.
    """
    check_publishable(open_artefact(root, version).manifest)
    with only_writer(root):
        now = pointer(root)
        moved = now.moved_to(version) if now else Pointer(version)
        replace_text(root / POINTER, moved.to_json())
    return moved


def rollback(root: Path) -> Pointer:
    """Make the version before the current one current again.

    Raises
    ------
    ArtefactMissing
        If nothing, or nothing else, was published before.
    ArtefactCorrupt
        If that version is no longer whole; the pointer stays.
    """
    with only_writer(root):
        now = pointer(root)
        if now is None:
            raise ArtefactMissing(f"Nothing is published in {root}; there is nothing to go back to.")
        moved = now.moved_back()
        open_artefact(root, moved.version)
        replace_text(root / POINTER, moved.to_json())
    return moved


def prune(root: Path, keep: int) -> list[str]:
    """Remove the oldest versions beyond `keep`; the current one and the one before it always stay.

    A process that has mapped a removed version goes on reading it: its files end with their last reader.

    Returns
    -------
    Versions removed, oldest first.
    """
    with only_writer(root):
        clear_staging(root)
        now = pointer(root)
        needed = {now.version, *now.previous[:1]} if now else set()
        newest_first = versions(root)[::-1]
        gone = [version for version in newest_first[keep:] if version not in needed][::-1]
        for version in gone:
            # Out of sight in one step, so that a kill leaves no half of a version under its name.
            hidden = root / f"{STAGING}{version}"
            find(root, version).rename(hidden)
            shutil.rmtree(hidden)
    return gone


def check_publishable(manifest: Manifest) -> None:
    """Refuse a version that lacks an index or a measurement of one.

    Raises
    ------
    ArtefactRefused
    """
    for kind in ItemKind:
        entry, version = manifest.indexes.get(kind.value), manifest.version
        if entry is None:
            raise ArtefactRefused(f"Version {version} has no index of {kind.value} items; run konomi index build.")
        if entry.recall is None:
            raise ArtefactRefused(f"The {kind.value} index of {version} is unmeasured; run konomi index verify.")
