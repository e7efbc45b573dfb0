"""The folder that a shop brings: which files make up which table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.tables.canonical import SCHEMAS
from service.tables.errors import SourceUnusable

FACTS: Final = "facts.json"
_FORMATS: Final = (".parquet", ".csv")


@dataclass(frozen=True)
class Part:
    """One file of a table; `ordinal` orders the parts of an import, and with them which row came last."""

    table: str
    path: Path
    name: str
    """The path relative to the imported folder."""
    ordinal: int

    @property
    def is_csv(self) -> bool:
        """Whether the file is CSV, by its name."""
        return self.path.suffix.casefold() == ".csv"


def find_parts(source: Path) -> Mapping[str, tuple[Part, ...]]:
    """Find the files of each table that the folder holds; tables that it lacks are left out.

    Raises
    ------
    SourceUnusable
        If there is no such folder, no table in it, or a table in two forms at once.
    """
    if not source.is_dir():
        problem = "is a file, not a folder" if source.exists() else "does not exist"
        raise SourceUnusable(f"{source} {problem}; name the folder that holds the shop's tables")
    entries = sorted(source.iterdir())
    found = {table: _files(source, table, entries) for table in SCHEMAS}
    parts = {
        table: tuple(Part(table, path, path.relative_to(source).as_posix(), n) for n, path in enumerate(files))
        for table, files in found.items()
        if files
    }
    if not parts:
        raise SourceUnusable(
            f"{source} holds none of the tables {', '.join(SCHEMAS)}; "
            "each is TABLE.parquet, TABLE.csv, or a folder TABLE of Parquet parts",
        )
    return parts


def _files(source: Path, table: str, entries: list[Path]) -> list[Path]:
    forms = [
        path
        for path in entries
        if (path.is_dir() and path.name == table) or (path.stem == table and _is_table_file(path))
    ]
    if len(forms) > 1:
        names = " and ".join(path.name for path in forms)
        raise SourceUnusable(f"{source} holds the table {table} more than once, as {names}; leave one of them")
    if not forms or forms[0].is_file():
        return forms
    # Writers such as Spark leave `_SUCCESS` and hidden checksums beside their parts.
    return sorted(
        path
        for path in forms[0].rglob("*")
        if _is_table_file(path) and not any(name.startswith((".", "_")) for name in path.relative_to(source).parts)
    )


def _is_table_file(path: Path) -> bool:
    return path.is_file() and path.suffix.casefold() in _FORMATS


def read_facts(source: Path) -> tuple[dict[str, str], str | None]:
    """Read the free statements of `facts.json`; give them, and a warning where the file is unreadable."""
    path = source / FACTS
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, None
    except (OSError, ValueError) as error:
        return {}, f"{FACTS} is not readable JSON ({error}) and was left out"
    if not isinstance(document, dict):
        return {}, f"{FACTS} is not a JSON object of statements and was left out"
    return {
        str(key): fact if isinstance(fact, str) else json.dumps(fact, ensure_ascii=False)
        for key, fact in document.items()
    }, None
