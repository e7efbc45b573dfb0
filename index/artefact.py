"""Artefacts: immutable folders of arrays, indexes and a model, each described and sealed by its manifest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from index.durable import only_writer, replace_text, sync
from index.errors import ArtefactCorrupt, ArtefactMissing, ArtefactRefused
from index.manifest import MANIFEST, FileEntry, IndexEntry, Manifest, safe_name
from service.recommender.arrays import Floats
from service.recommender.embedding import Embedding

VECTORS = "vectors.npy"
ACTION_SCALE = "action_scale.npy"
ANSWER_SCALE = "answer_scale.npy"
ITEM_FEATURES = "item_features.parquet"
RANKER = "ranker.txt"
RANKER_FACTS = "ranker.json"
MODEL_CARD = "model_card.md"
STAGING = ".staging-"


@dataclass(frozen=True, slots=True)
class Artefact:
    """An opened, verified version. Arrays are mapped, not read, so that processes of one machine share them."""

    directory: Path
    manifest: Manifest
    embedding: Embedding

    @property
    def version(self) -> str:
        """Its name."""
        return self.manifest.version

    def path(self, name: str) -> Path:
        """Where a file of the manifest lies.

        Raises
        ------
        ArtefactMissing
            If this version has no such file.
        """
        if name not in self.manifest.files:
            there = ", ".join(sorted(self.manifest.files))
            raise ArtefactMissing(f"Version {self.version} has no {name}; it has {there}.")
        return self.directory / name

    def item_features(self) -> pa.Table:
        """Item ids, kinds and features, in the row order of every array."""
        return pq.read_table(self.path(ITEM_FEATURES), memory_map=True)

    def ranker_text(self) -> str:
        """Return the model in LightGBM's own text format."""
        return self.path(RANKER).read_text(encoding="utf-8")

    def model_card(self) -> str:
        """Return what the model is, and is not, good for, in Markdown."""
        return self.path(MODEL_CARD).read_text(encoding="utf-8")


def new_version(root: Path, created_at: datetime) -> str:
    """Name a version after its time; a second one within the same second gets a number."""
    name = created_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    taken = {path.name for path in root.glob(f"{name}*")}
    return name if name not in taken else next(f"{name}-{n}" for n in range(2, 10_000) if f"{name}-{n}" not in taken)


def versions(root: Path) -> list[str]:
    """Versions in a folder, oldest first."""
    return sorted(path.parent.name for path in root.glob(f"[!.]*/{MANIFEST}"))


def write_artefact(root: Path, manifest: Manifest, write: Callable[[Path], None]) -> Manifest:
    """Write a new version, wholly or not at all.

    Parameters
    ----------
    root : folder of all versions
    manifest : all but `files`, which is filled in here
    write : writes the files into the folder that it is given

    Returns
    -------
    The manifest as it was written.

    Raises
    ------
    ArtefactRefused
        If the version exists: artefacts are never overwritten.
    """
    target = root / safe_name(manifest.version)
    with only_writer(root):
        clear_staging(root)
        if target.exists():
            raise ArtefactRefused(f"{target} exists, and a version is never overwritten; choose another name.")
        staging = root / f"{STAGING}{manifest.version}"
        staging.mkdir()
        write(staging)
        sealed = replace(manifest, files=_describe(staging))
        replace_text(staging / MANIFEST, sealed.to_json())
        staging.rename(target)
        sync(root)
    return sealed


def add_files(
    root: Path, version: str, write: Callable[[Path], None], indexes: dict[str, IndexEntry],
) -> Manifest:
    """Add files to a version that is not published yet; replacing the manifest is the moment they count.

    Raises
    ------
    ArtefactMissing
        If there is no such version.
    ArtefactRefused
        If a file of that name is there with other content: what is sealed never changes.
    """
    with only_writer(root):
        clear_staging(root)
        directory = find(root, version)
        manifest = Manifest.read(directory)
        staging = root / f"{STAGING}{version}"
        staging.mkdir()
        write(staging)
        added = _describe(staging)
        changed = [name for name, entry in added.items() if manifest.files.get(name, entry) != entry]
        if changed:
            raise ArtefactRefused(f"Version {version} has {', '.join(changed)} already; train a new version instead.")
        for name in added:
            (staging / name).replace(directory / name)
        sync(directory)
        sealed = replace(
            manifest, files={**manifest.files, **added}, indexes={**manifest.indexes, **indexes},
        )
        replace_text(directory / MANIFEST, sealed.to_json())
        clear_staging(root)
    return sealed


def open_artefact(root: Path, version: str) -> Artefact:
    """Open a version after holding every file against its manifest.

    Raises
    ------
    ArtefactMissing
        If there is no such version.
    ArtefactCorrupt
        If anything is not as the manifest says: a file missing, short, altered, or of another shape.
    """
    directory = find(root, version)
    manifest = Manifest.read(directory)
    if manifest.version != version:
        raise ArtefactCorrupt(f"{directory} holds version {manifest.version}: renamed, or copied to a wrong place.")
    verify_files(directory, manifest)
    vectors = _array(directory, VECTORS, (manifest.item_count, manifest.dimension))
    scales = [_array(directory, name, (manifest.item_count,)) for name in (ACTION_SCALE, ANSWER_SCALE)]
    rows = _rows(directory / ITEM_FEATURES)
    if rows != manifest.item_count:
        raise ArtefactCorrupt(f"{directory / ITEM_FEATURES} has {rows} rows for {manifest.item_count} items.")
    return Artefact(directory, manifest, Embedding(vectors, *scales))


def verify_files(directory: Path, manifest: Manifest) -> None:
    """Hold every file against its length and checksum.

    Raises
    ------
    ArtefactCorrupt
        Naming the first file that differs.
    """
    for name, said in sorted(manifest.files.items()):
        path = directory / name
        if not path.is_file():
            raise ArtefactCorrupt(f"{path} is missing; fetch or train this version again.")
        size = path.stat().st_size
        if size != said.bytes:
            raise ArtefactCorrupt(f"{path} has {size} bytes where its manifest says {said.bytes}; fetch it again.")
        if FileEntry.of(path).sha256 != said.sha256:
            raise ArtefactCorrupt(f"{path} is not what was written: its checksum differs; fetch or train it again.")


def find(root: Path, version: str) -> Path:
    """Find a version's folder.

    Raises
    ------
    ArtefactMissing
        If there is none; the text lists those that there are.
    """
    try:
        directory = root / safe_name(version)
    except ValueError as error:
        raise ArtefactMissing(f"There is no version {version!r}: {error}.") from error
    if not directory.is_dir():
        there = ", ".join(versions(root)) or "none: run konomi train"
        raise ArtefactMissing(f"There is no version {version} in {root}; there is {there}.")
    return directory


def clear_staging(root: Path) -> None:
    """Remove what a killed run left; the caller holds the writer's lock."""
    for left in root.glob(f"{STAGING}*"):
        shutil.rmtree(left)


def _describe(folder: Path) -> dict[str, FileEntry]:
    entries = {}
    for path in sorted(folder.iterdir()):
        sync(path)
        entries[safe_name(path.name)] = FileEntry.of(path)
    sync(folder)
    return entries


def _array(directory: Path, name: str, shape: tuple[int, ...]) -> Floats:
    path = directory / name
    try:
        array: Any = np.load(path, mmap_mode="r" if np.prod(shape) else None, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ArtefactCorrupt(f"{path} cannot be mapped ({error}); fetch or train this version again.") from error
    if array.shape != shape or array.dtype != np.float32:
        raise ArtefactCorrupt(f"{path} is {array.dtype} {array.shape} where the manifest says float32 {shape}.")
    return array  # type: ignore[no-any-return]


def _rows(path: Path) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise ArtefactCorrupt(f"{path} is no Parquet file ({error}); fetch or train this version again.") from error
