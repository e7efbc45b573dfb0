"""Where versions live: a folder, or any URL that fsspec knows with a folder as its cache."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from index.artefact import STAGING, Artefact, clear_staging, open_artefact, verify_files
from index.durable import only_writer, sync
from index.errors import ArtefactCorrupt, ArtefactMissing
from index.manifest import MANIFEST, Manifest, safe_name
from index.publication import POINTER, Pointer, check_publishable, current, pointer, publish, rollback


class ArtefactStore:
    """Versions of one service, wherever they are kept.

    Training and index building always work in `directory`; a remote copy is written when a version is published, its
    manifest after its files and the pointer last, so that a reader never sees half of a version.

    Parameters
    ----------
    url : a path, or an fsspec URL such as `s3://bucket/konomi`
    cache : folder for versions fetched from a remote place; not used with a path
    """

    def __init__(self, url: str, cache: Path) -> None:
        filesystem, path = url_to_fs(url)
        self._remote: Any = None if isinstance(filesystem, LocalFileSystem) else filesystem
        self._base = PurePosixPath(path)
        self.directory = cache if self._remote else Path(path)

    def current(self) -> str | None:
        """Name the current version; None before the first publication.

        Raises
        ------
        ArtefactCorrupt
            If the pointer cannot be read.
        """
        if self._remote is None:
            return current(self.directory)
        pointer = self._pointer()
        return pointer.version if pointer else None

    def previous(self) -> Sequence[str]:
        """Versions that were current before, newest first.

        Raises
        ------
        ArtefactCorrupt
            If the pointer cannot be read.
        """
        now = pointer(self.directory) if self._remote is None else self._pointer()
        return now.previous if now else ()

    def traces(self, version: str) -> object:
        """Tell what can be seen of a version without reading it; it differs once somebody copied more of it."""
        if self._remote is not None:
            return self._remote_traces(version)
        found = sorted((self.directory / version).glob("*"))
        return [(path.name, (seen := path.stat()).st_size, seen.st_mtime_ns) for path in found]

    def open(self, version: str) -> Artefact:
        """Open a version, fetching it first where it is not here yet; see `open_artefact`."""
        if self._remote is not None and not (self.directory / version / MANIFEST).exists():
            self._fetch(version)
        return open_artefact(self.directory, version)

    def publish(self, version: str) -> Pointer:
        """Make a version current everywhere; see `publish`."""
        if self._remote is None:
            return publish(self.directory, version)
        artefact = open_artefact(self.directory, version)
        check_publishable(artefact.manifest)
        self._send(artefact)
        before = self._pointer()
        return self._point(before.moved_to(version) if before else Pointer(version))

    def rollback(self) -> Pointer:
        """Make the version before the current one current again; see `rollback`."""
        if self._remote is None:
            return rollback(self.directory)
        before = self._pointer()
        if before is None:
            raise ArtefactMissing(f"Nothing is published in {self._base}; there is nothing to go back to.")
        moved = before.moved_back()
        self.open(moved.version)
        return self._point(moved)

    def _pointer(self) -> Pointer | None:
        path = self._path(POINTER)
        # Listings of object stores may be cached; what another machine published must be seen.
        self._remote.invalidate_cache()
        try:
            return Pointer.parse(self._remote.cat_file(path).decode("utf-8", "replace"), path)
        except FileNotFoundError:
            return None

    def _point(self, pointer: Pointer) -> Pointer:
        self._remote.pipe_file(self._path(POINTER), pointer.to_json().encode())
        return pointer

    def _send(self, artefact: Artefact) -> None:
        self._remote.makedirs(self._path(artefact.version), exist_ok=True)
        for name in (*artefact.manifest.files, MANIFEST):
            self._remote.put_file(str(artefact.directory / name), self._path(artefact.version, name))

    def _fetch(self, version: str) -> None:
        try:
            target = self.directory / safe_name(version)
        except ValueError as error:
            raise ArtefactMissing(f"There is no version {version!r}: {error}.") from error
        with only_writer(self.directory):
            if (target / MANIFEST).exists():
                return
            clear_staging(self.directory)
            staging = self.directory / f"{STAGING}{version}"
            staging.mkdir()
            try:
                self._get(version, MANIFEST, staging)
                manifest = Manifest.read(staging)
                for name in manifest.files:
                    self._get(version, name, staging)
                verify_files(staging, manifest)
            except ArtefactCorrupt:
                shutil.rmtree(staging)
                raise
            staging.replace(target)
            sync(self.directory)

    def _get(self, version: str, name: str, folder: Path) -> None:
        try:
            self._remote.get_file(self._path(version, name), str(folder / name))
        except FileNotFoundError as error:
            if name == MANIFEST:
                raise ArtefactMissing(f"There is no version {version} in {self._base}.") from error
            raise ArtefactCorrupt(f"{self._path(version, name)} is missing; publish this version again.") from error
        sync(folder / name)

    def _remote_traces(self, version: str) -> object:
        try:
            listed = self._remote.ls(self._path(version), detail=True, refresh=True)
        except (OSError, TypeError):  # it is not there, or its listing is never out of date
            listed = self._remote.glob(self._path(version, "*"), detail=True)
        return repr(listed)

    def _path(self, *parts: str) -> str:
        return str(self._base.joinpath(*parts))
