"""Looking for people in files, whatever is in them: Parquet by its columns, all else by its bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from service.recommender.errors import FeaturesUnavailable
from service.recommender.person import Person
from service.recommender.personal_store import Kept

OF_IDS = ("customer_id", "visitor_id", "id")
"""Columns in which a bare id names a person; elsewhere it may be an item's, or a number."""
DISTINCT_BYTES = 12
"""From which length on the bytes of a key are not there by chance."""
INDEX = ".faiss"
"""Vectors and the numbers of rows."""
CHUNK = 1 << 20


def named_in(folder: Path, people: Collection[Person]) -> Iterator[Path]:
    """Find the files under a folder that name one of some people.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not _holds_numbers(path):
            is_parquet = path.suffix in {".parquet", ".next"} and _starts_with(path, b"PAR1")
            if (_in_parquet if is_parquet else _in_bytes)(path, people):
                yield path


class Artefacts:
    """The trained versions. Nobody is named in them; what a person's actions taught them goes with the next training.

    Parameters
    ----------
    folder : of the versions
    """

    name = "artefacts"
    is_quick = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kept(self, people: Collection[Person]) -> Sequence[Kept]:
        """Tell the files that name somebody.

        Raises
        ------
        FeaturesUnavailable
        """
        try:
            return [{"file": str(path.relative_to(self._folder))} for path in named_in(self._folder, people)]
        except (OSError, ValueError, pa.ArrowException) as error:
            raise FeaturesUnavailable(f"The artefacts cannot be read ({type(error).__name__}).") from error

    def erase(self, people: Collection[Person]) -> int:
        """Hold the versions to what they promise.

        Raises
        ------
        FeaturesUnavailable
            If one names somebody: it must be trained anew, and pruned.
        """
        found = self.kept(people)
        if found:
            raise FeaturesUnavailable(f"{len(found)} files of trained versions name somebody; train anew.")
        return 0


def _holds_numbers(path: Path) -> bool:
    """Whether a file is an array of numbers, where the bytes of a short key stand by chance."""
    if path.suffix == ".npy":
        return np.load(path, mmap_mode="r", allow_pickle=False).dtype.kind in "biufc"
    return path.suffix == INDEX


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _in_parquet(path: Path, people: Collection[Person]) -> bool:
    keys = pa.array([one.key for one in people], pa.string())
    ids = pa.array([one.id for one in people], pa.string())
    file = pq.ParquetFile(path)
    texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    for batch in file.iter_batches(columns=texts, use_threads=False) if texts else ():
        for name in texts:
            column = batch.column(batch.schema.get_field_index(name))
            if pc.any(pc.is_in(column, keys)).as_py() or (name in OF_IDS and pc.any(pc.is_in(column, ids)).as_py()):
                return True
    return False


def _in_bytes(path: Path, people: Collection[Person]) -> bool:
    """Look for keys between other signs, and for long ones wherever they stand."""
    wanted = [one.key.encode() for one in people]
    longest, before = max(map(len, wanted), default=0) + 1, b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            text = before + chunk
            if any(_stands_in(text, key) for key in wanted):
                return True
            before = text[-longest:]
    return False


def _stands_in(text: bytes, key: bytes) -> bool:
    at = text.find(key)
    while at >= 0:
        if len(key) >= DISTINCT_BYTES or b'"' in (text[at - 1 : at], text[at + len(key) : at + len(key) + 1]):
            return True
        at = text.find(key, at + 1)
    return False
