"""A small file is replaced in one step and is on disk afterwards, by each package's own means: they may not share any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import index.durable
import service.tables.durable
from service.adapters import private_files
from service.adapters.state_secret import state_secret

REPLACING = [index.durable.replace_text, service.tables.durable.replace_text, private_files.replace_private]


class PowerCut(Exception):
    """The machine went off."""


@pytest.fixture
def synced(monkeypatch) -> set[int]:
    """Inodes of what was brought to disk."""
    found: set[int] = set()
    sync = os.fsync

    def noting(descriptor: int) -> None:
        found.add(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    return found


@pytest.fixture
def pointer(tmp_path: Path) -> Path:
    path = tmp_path / "pointer"
    path.write_text("the old", encoding="utf-8")
    return path


@pytest.mark.parametrize("replace", REPLACING)
def test_the_new_text_and_its_name_are_on_disk(replace, pointer, synced):
    replace(pointer, "新しい")
    assert pointer.read_text(encoding="utf-8") == "新しい"
    assert {pointer.stat().st_ino, pointer.parent.stat().st_ino} <= synced
    assert list(pointer.parent.iterdir()) == [pointer]


@pytest.mark.parametrize("replace", REPLACING)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_cut_before_the_step_leaves_the_old_and_is_made_good_by_the_next(replace, step, pointer, monkeypatch):
    def cut(*_args: object) -> None:
        raise PowerCut

    with monkeypatch.context() as power:
        power.setattr(os, step, cut)
        with pytest.raises(PowerCut):
            replace(pointer, "a longer text that is never finished")
    assert pointer.read_text(encoding="utf-8") == "the old"
    replace(pointer, "the new")
    assert pointer.read_text(encoding="utf-8") == "the new"
    assert list(pointer.parent.iterdir()) == [pointer]


def test_a_secret_is_made_once_is_on_disk_and_is_for_nobody_else(tmp_path, synced):
    secret = state_secret(tmp_path, "signing")
    path = tmp_path / "secrets" / "signing"
    assert len(secret) == 32
    assert {path.stat().st_ino, path.parent.stat().st_ino} <= synced
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert state_secret(tmp_path, "signing") == secret != state_secret(tmp_path, "development")


def test_what_replaces_a_file_with_a_secret_is_for_nobody_else(pointer):
    private_files.replace_private(pointer, "redis://:secret@cache")
    assert pointer.stat().st_mode & 0o777 == 0o600
