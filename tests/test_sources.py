"""What no source file does: load what could run code, or write a value into SQL."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS_CODE = {"pickle", "cPickle", "_pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"}
SQL = {"execute", "executemany", "exec_driver_sql", "text", "scalar", "scalars"}

QUOTED_NAME = re.compile(r'"\{\w+\}"')
"""A table's, which nothing can bind."""


def trees(*folders: str) -> Iterator[tuple[Path, ast.AST]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_is_unpickled() -> None:
    for path, tree in trees("service", "index", "feature_repo"):
        for node in ast.walk(tree):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not RUNS_CODE & {name.partition(".")[0] for name in names}, path
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"np.load", "numpy.load"}:
                assert "allow_pickle=False" in ast.unparse(node), path


def test_databases_are_asked_with_bound_values_alone() -> None:
    """DuckDB, which reads files of our own naming, is held to the same by S608 of ruff."""
    asked = 0
    for path, tree in trees("service/adapters"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in SQL:
                asked += 1
                first = node.args[0]
                written = QUOTED_NAME.sub("", ast.unparse(first))
                made = isinstance(first, ast.JoinedStr) and "{" in written and not written[2:].startswith("PRAGMA")
                assert not made, f"{path}:{node.lineno}"
                assert not isinstance(first, ast.BinOp), f"{path}:{node.lineno}"
                assert ".format(" not in written, f"{path}:{node.lineno}"
    assert asked > 30
