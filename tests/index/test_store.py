from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import fsspec
import pytest

from index.artefact import versions
from index.errors import ArtefactCorrupt, ArtefactMissing, ArtefactRefused
from index.manifest import MANIFEST
from index.store import ArtefactStore
from tests.index.small_artefact import AT, write_small


@pytest.fixture
def bucket() -> Iterator[str]:
    """An object store that several machines share."""
    memory = fsspec.filesystem("memory")
    yield "memory://bucket/konomi"
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


def written(store: ArtefactStore, count: int) -> list[str]:
    return [write_small(store.directory, seed=n, at=AT + timedelta(days=n)).version for n in range(count)]


@pytest.mark.parametrize("remote", [False, True])
def test_publish_open_and_roll_back_work_alike_in_a_folder_and_on_a_remote(tmp_path, bucket, *, remote: bool) -> None:
    store = ArtefactStore(bucket if remote else str(tmp_path / "here"), tmp_path / "cache")
    first, second = written(store, 2)
    assert store.current() is None
    with pytest.raises(ArtefactMissing):
        store.rollback()
    store.publish(first)
    store.publish(second)
    assert store.current() == second
    assert store.open(second).version == second
    assert store.rollback().version == first == store.current()
    with pytest.raises(ArtefactMissing):
        store.rollback()


def test_another_machine_fetches_what_was_published(tmp_path, bucket) -> None:
    here, there = ArtefactStore(bucket, tmp_path / "here"), ArtefactStore(bucket, tmp_path / "there")
    first, second = written(here, 2)
    here.publish(first)
    assert there.current() == first
    assert there.open(first).manifest == here.open(first).manifest
    here.publish(second)
    assert there.current() == second
    assert there.open(second).version == second
    assert there.rollback().version == first == here.current()


def test_a_torn_remote_copy_is_refused_and_leaves_nothing_here(tmp_path, bucket) -> None:
    here, there = ArtefactStore(bucket, tmp_path / "here"), ArtefactStore(bucket, tmp_path / "there")
    version, = written(here, 1)
    here.publish(version)
    memory = fsspec.filesystem("memory")
    name = f"/bucket/konomi/{version}/vectors.npy"
    whole = memory.cat_file(name)
    memory.pipe_file(name, whole[:-4])
    with pytest.raises(ArtefactCorrupt, match=r"vectors\.npy has"):
        there.open(version)
    memory.rm_file(name)
    with pytest.raises(ArtefactCorrupt, match=r"vectors\.npy is missing"):
        there.open(version)
    assert versions(tmp_path / "there") == []
    memory.pipe_file(name, whole)
    assert there.open(version).version == version


def test_a_version_that_was_never_sent_is_missing(tmp_path, bucket) -> None:
    here, there = ArtefactStore(bucket, tmp_path / "here"), ArtefactStore(bucket, tmp_path / "there")
    version, = written(here, 1)
    for name in (version, "../x"):
        with pytest.raises(ArtefactMissing):
            there.open(name)


def test_only_a_publishable_version_leaves_the_machine(tmp_path, bucket) -> None:
    store = ArtefactStore(bucket, tmp_path / "here")
    bare = write_small(store.directory, indexed=False).version
    with pytest.raises(ArtefactRefused, match="no index"):
        store.publish(bare)
    assert not fsspec.filesystem("memory").exists("/bucket/konomi")


def test_the_manifest_is_sent_after_its_files_and_the_pointer_last(tmp_path, bucket, monkeypatch) -> None:
    store, sent = ArtefactStore(bucket, tmp_path / "here"), []
    version, = written(store, 1)
    memory = type(fsspec.filesystem("memory"))
    put, pipe = memory.put_file, memory.pipe_file
    monkeypatch.setattr(memory, "put_file", lambda self, a, b, **k: (sent.append(Path(b).name), put(self, a, b, **k)))
    monkeypatch.setattr(memory, "pipe_file", lambda self, a, b, **k: (sent.append(Path(a).name), pipe(self, a, b, **k)))
    store.publish(version)
    order = [name for name in dict.fromkeys(sent) if name in (MANIFEST, "current", "vectors.npy", "product.faiss")]
    assert order[-2:] == [MANIFEST, "current"]
    assert set(order) == {MANIFEST, "current", "vectors.npy", "product.faiss"}
