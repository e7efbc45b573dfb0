from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.artefact import add_files, new_version, open_artefact, versions, write_artefact
from index.errors import ArtefactCorrupt, ArtefactMissing, ArtefactRefused
from index.manifest import MANIFEST, SCHEMA_VERSION, FileEntry, Manifest
from tests.index.small_artefact import AT, DIMENSION, SIZE, write_small


def rewritten(folder: Path, name: str, array: np.ndarray) -> None:
    """Swap an array and make the manifest agree, so that only the array's own shape can tell."""
    np.save(folder / name, array)
    manifest = Manifest.read(folder)
    files = {**manifest.files, name: FileEntry.of(folder / name)}
    (folder / MANIFEST).write_text(replace(manifest, files=files).to_json())


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def flip_one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def edit_manifest(folder: Path, **changed: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "truncated": (lambda f: truncate(f / "vectors.npy"), r"vectors\.npy has \d+ bytes where"),
    "bit flipped": (lambda f: flip_one_bit(f / "vectors.npy"), r"vectors\.npy .* checksum differs"),
    "bit of an index flipped": (lambda f: flip_one_bit(f / "product.faiss"), r"product\.faiss .* checksum differs"),
    "missing file": (lambda f: (f / "action_scale.npy").unlink(), r"action_scale\.npy is missing"),
    "half copied": (lambda f: (f / MANIFEST).unlink(), r"manifest\.json cannot be read"),
    "torn manifest": (lambda f: truncate(f / MANIFEST), r"manifest\.json cannot be read"),
    "manifest of bytes": (lambda f: (f / MANIFEST).write_bytes(b"\xff\xfe"), r"manifest\.json cannot be read"),
    "manifest is a list": (lambda f: (f / MANIFEST).write_text("[]"), "no manifest of schema"),
    "later schema": (lambda f: edit_manifest(f, schema_version=SCHEMA_VERSION + 1), "no manifest of schema"),
    "manifest without files": (lambda f: edit_manifest(f, files=None), "is incomplete"),
    "file name leaves the folder": (lambda f: edit_manifest(f, files={"../x": {"sha256": "", "bytes": 0}}), "no name"),
    "other version": (lambda f: edit_manifest(f, version="other"), "renamed, or copied to a wrong place"),
    "wrong dimension": (
        lambda f: rewritten(f, "vectors.npy", np.zeros((SIZE, DIMENSION + 1), np.float32)), "where the manifest says"),
    "wrong length": (lambda f: rewritten(f, "answer_scale.npy", np.zeros(SIZE - 1, np.float32)), "where the manifest"),
    "wrong type": (lambda f: rewritten(f, "answer_scale.npy", np.zeros(SIZE)), "float64"),
    "pickled": (
        lambda f: rewritten(f, "answer_scale.npy", np.array([{}] * SIZE, dtype=object)), "cannot be mapped"),
    "wrong number of rows": (
        lambda f: edit_manifest(f, items={"PRODUCT": 1, "CONTENT": 0, "AD": 0}), "where the manifest says"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_version_is_refused_with_a_sentence(tmp_path, damage: str) -> None:
    version = write_small(tmp_path).version
    open_artefact(tmp_path, version)
    spoil, sentence = DAMAGE[damage]
    spoil(tmp_path / version)
    with pytest.raises(ArtefactCorrupt, match=sentence):
        open_artefact(tmp_path, version)


def test_a_version_opens_as_it_was_written_and_its_arrays_are_mapped(tmp_path) -> None:
    manifest = write_small(tmp_path)
    artefact = open_artefact(tmp_path, manifest.version)
    assert artefact.manifest == manifest
    assert isinstance(artefact.embedding.vectors, np.memmap)
    assert not artefact.embedding.vectors.flags.writeable
    assert artefact.item_features().num_rows == SIZE
    with pytest.raises(ArtefactMissing, match=r"has no ranker\.txt"):
        artefact.ranker_text()


@pytest.mark.parametrize("version", ["20260101T000000Z", "../elsewhere", "", ".staging-x"])
def test_a_version_that_is_not_there_is_missing(tmp_path, version: str) -> None:
    there = write_small(tmp_path).version
    with pytest.raises(ArtefactMissing, match=there if version.startswith("2026") else "no name"):
        open_artefact(tmp_path, version)


def test_versions_are_named_after_their_time_and_never_overwritten(tmp_path) -> None:
    first, second = write_small(tmp_path), write_small(tmp_path, seed=2)
    assert [first.version, second.version] == ["20260302T000000Z", "20260302T000000Z-2"] == versions(tmp_path)
    assert new_version(tmp_path, AT) == "20260302T000000Z-3"
    with pytest.raises(ArtefactRefused, match="never overwritten"):
        write_artefact(tmp_path, first, lambda _: None)


def test_equal_content_gives_an_equal_manifest_but_for_its_name(tmp_path) -> None:
    first, second = write_small(tmp_path), write_small(tmp_path)
    assert replace(second, version=first.version) == first


def test_what_is_sealed_cannot_be_replaced(tmp_path) -> None:
    version = write_small(tmp_path).version
    before = (tmp_path / version / "vectors.npy").read_bytes()
    with pytest.raises(ArtefactRefused, match=r"has vectors\.npy already"):
        add_files(tmp_path, version, lambda folder: np.save(folder / "vectors.npy", np.zeros(3)), {})
    assert (tmp_path / version / "vectors.npy").read_bytes() == before
    open_artefact(tmp_path, version)


def test_a_writer_that_fails_leaves_no_version_and_the_next_one_cleans_up(tmp_path) -> None:
    manifest = write_small(tmp_path)

    def fail(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_artefact(tmp_path, replace(manifest, version="next"), fail)
    assert versions(tmp_path) == [manifest.version]
    write_small(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".staging")]


def test_a_mapped_version_stays_readable_after_it_is_removed(tmp_path) -> None:
    artefact = open_artefact(tmp_path, write_small(tmp_path).version)
    before = np.array(artefact.embedding.vectors)
    shutil.rmtree(artefact.directory)
    np.testing.assert_array_equal(artefact.embedding.vectors, before)


