"""What can be wrong with an artefact that was copied, and how it comes to be published all the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np

from index.manifest import MANIFEST, FileEntry, Manifest
from index.publication import POINTER
from tests.acceptance.test_publishing import copied

INDEX, VECTORS = "product.faiss", "vectors.npy"


def truncate(version: Path) -> None:
    path = version / VECTORS
    path.write_bytes(path.read_bytes()[:-1000])


def leave_half(version: Path) -> None:
    (version / INDEX).unlink()
    (version / VECTORS).write_bytes((version / VECTORS).read_bytes()[:1000])


def leave_the_manifest(version: Path) -> None:
    (version / MANIFEST).unlink()


def rename(version: Path) -> None:
    manifest = json.loads((version / MANIFEST).read_text(encoding="utf-8"))
    (version / MANIFEST).write_text(json.dumps({**manifest, "version": "20200101T000000Z"}), encoding="utf-8")


def widen_vectors(version: Path) -> None:
    vectors = np.load(version / VECTORS)
    np.save(version / VECTORS, np.hstack([vectors, vectors[:, :1]]))
    seal(version, VECTORS)


def widen_index(version: Path) -> None:
    old = faiss.read_index(str(version / INDEX))
    wider = faiss.IndexIDMap2(faiss.IndexFlatIP(old.d + 1))
    wider.add_with_ids(np.zeros((old.ntotal, old.d + 1), np.float32), np.arange(old.ntotal))
    faiss.write_index(wider, str(version / INDEX))
    seal(version, INDEX)


def seal(version: Path, name: str) -> None:
    """Let the manifest vouch for a file as it is now: what is wrong then is not its checksum."""
    manifest = Manifest.read(version)
    files = {**manifest.files, name: FileEntry.of(version / name)}
    (version / MANIFEST).write_text(replace(manifest, files=files).to_json(), encoding="utf-8")


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "truncated": (truncate, VECTORS),
    "half copied": (leave_half, INDEX),
    "without its manifest": (leave_the_manifest, MANIFEST),
    "of another version": (rename, "20200101T000000Z"),
    "vectors of another dimension": (widen_vectors, VECTORS),
    "index of another dimension": (widen_index, INDEX),
}
"""What is done to a version, and what is then named."""


def point(state: Path, version: str, *previous: str) -> None:
    """Publish without the checks of `konomi publish`, as a copied folder or a failing disk would."""
    (state / "artefacts" / POINTER).write_text(json.dumps({"version": version, "previous": previous}), encoding="utf-8")


@contextmanager
def published_damaged(state: Path, damage: Callable[[Path], None]) -> Iterator[None]:
    """Publish a damaged copy of what is published, and the old one again."""
    pointer = state / "artefacts" / POINTER
    said = pointer.read_text(encoding="utf-8")
    version = json.loads(said)["version"]
    name = f"2099{len(list((state / 'artefacts').iterdir())):04}T000000Z"
    damaged = copied(state / "artefacts", version, name)
    damage(damaged)
    point(state, name, version)
    try:
        yield
    finally:
        pointer.write_text(said, encoding="utf-8")
        shutil.rmtree(damaged)
