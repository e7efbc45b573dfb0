from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from index.artefact import open_artefact, versions
from index.errors import ArtefactCorrupt, ArtefactMissing, ArtefactRefused
from index.manifest import MANIFEST, Manifest
from index.publication import POINTER, Pointer, current, pointer, prune, publish, rollback
from tests.index.small_artefact import AT, write_small


def written(root, count: int) -> list[str]:
    return [write_small(root, seed=n, at=AT + timedelta(days=n)).version for n in range(count)]


def test_publishing_moves_the_pointer_and_rolling_back_moves_it_where_it_was(tmp_path) -> None:
    first, second, third = written(tmp_path, 3)
    assert current(tmp_path) is None
    for version in (first, second, third):
        publish(tmp_path, version)
        assert current(tmp_path) == version
    assert rollback(tmp_path).version == second == current(tmp_path)
    assert rollback(tmp_path).version == first == current(tmp_path)
    with pytest.raises(ArtefactMissing, match="nothing to go back to"):
        rollback(tmp_path)
    assert current(tmp_path) == first


def test_publishing_the_current_version_again_changes_nothing(tmp_path) -> None:
    first, second = written(tmp_path, 2)
    publish(tmp_path, first)
    before = publish(tmp_path, second)
    assert publish(tmp_path, second) == before
    assert publish(tmp_path, first) == Pointer(first, (second,))


def test_there_is_nothing_to_roll_back_before_the_first_publication(tmp_path) -> None:
    with pytest.raises(ArtefactMissing, match="Nothing is published"):
        rollback(tmp_path)


def test_only_a_whole_measured_version_is_published(tmp_path) -> None:
    good, = written(tmp_path, 1)
    publish(tmp_path, good)
    bare = write_small(tmp_path, indexed=False).version
    with pytest.raises(ArtefactRefused, match="no index of PRODUCT"):
        publish(tmp_path, bare)
    unmeasured = write_small(tmp_path).version
    manifest = Manifest.read(tmp_path / unmeasured)
    entries = {kind: replace(entry, recall=None) for kind, entry in manifest.indexes.items()}
    (tmp_path / unmeasured / MANIFEST).write_text(replace(manifest, indexes=entries).to_json())
    with pytest.raises(ArtefactRefused, match="is unmeasured"):
        publish(tmp_path, unmeasured)
    broken = write_small(tmp_path).version
    (tmp_path / broken / "content.faiss").write_bytes(b"")
    with pytest.raises(ArtefactCorrupt, match=r"content\.faiss"):
        publish(tmp_path, broken)
    with pytest.raises(ArtefactMissing):
        publish(tmp_path, "20990101T000000Z")
    assert pointer(tmp_path) == Pointer(good)


def test_a_corrupt_predecessor_is_not_gone_back_to(tmp_path) -> None:
    first, second = written(tmp_path, 2)
    publish(tmp_path, first)
    publish(tmp_path, second)
    (tmp_path / first / "vectors.npy").unlink()
    with pytest.raises(ArtefactCorrupt):
        rollback(tmp_path)
    assert current(tmp_path) == second


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": "../x", "previous": []}', '{"version": 3, "previous": []}'])
def test_a_pointer_that_is_none_is_told_of(tmp_path, text: str) -> None:
    (tmp_path / POINTER).write_text(text)
    with pytest.raises(ArtefactCorrupt, match="no pointer to a version"):
        current(tmp_path)


@pytest.mark.parametrize(("keep", "left"), [(0, [1, 3]), (1, [1, 3, 4]), (3, [1, 2, 3, 4]), (9, [0, 1, 2, 3, 4])])
def test_pruning_spares_the_newest_the_current_and_the_one_before(tmp_path, keep: int, left: list[int]) -> None:
    names = written(tmp_path, 5)
    publish(tmp_path, names[1])
    publish(tmp_path, names[3])
    gone = prune(tmp_path, keep)
    assert versions(tmp_path) == [names[n] for n in left] == [name for name in names if name not in gone]
    assert rollback(tmp_path).version == names[1]
    open_artefact(tmp_path, names[3])
