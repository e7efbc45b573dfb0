"""Errors have a code out of one list, and that list is what clients are told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.cli import app
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault

ROOT = Path(__file__).parents[1]
TABLE = re.findall(r"^\| `([A-Z_]+)` \| (.+) \| (.+) \|$", (ROOT / "docs/errors.md").read_text(encoding="utf-8"), re.MULTILINE)
SOURCES = sorted((ROOT / "service").rglob("*.py"))
CODES = {code.value for code in ErrorCode}


def faults(kind: type[CallerFault] = CallerFault) -> Iterator[type[CallerFault]]:
    yield kind
    for below in kind.__subclasses__():
        yield from faults(below)


def test_clients_are_told_each_code_once_and_no_other() -> None:
    assert [code for code, _, _ in TABLE] == [code.value for code in ErrorCode]


def test_every_code_is_told_with_what_to_do() -> None:
    assert all(len(happened) > 15 and len(to_do) > 8 for _, happened, to_do in TABLE)


@pytest.mark.parametrize("fault", list(faults()), ids=lambda fault: fault.__name__)
def test_every_fault_of_a_caller_has_a_code_of_the_list(fault: type[CallerFault]) -> None:
    assert app, "the whole service is imported, and with it every fault"
    assert isinstance(fault.code, ErrorCode)


def test_every_code_of_the_list_is_one_that_somebody_gives() -> None:
    given = {node.attr for path in SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ErrorCode"}
    assert given == CODES


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_is_made_up_on_the_way(path: Path) -> None:
    """A code is written as a member of the list, never as a text of its own."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = [argument for node in ast.walk(tree) if isinstance(node, ast.Call)
              for argument in [*node.args, *(word.value for word in node.keywords)]
              if getattr(node.func, "id", getattr(node.func, "attr", "")) in {"fault_body", "_refuse"}]
    assigned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)
                and any(getattr(target, "id", "") == "code" for target in node.targets)]
    texts = [one.value for one in [*called, *assigned] if isinstance(one, ast.Constant)]
    assert not CODES & {text for text in texts if isinstance(text, str)}
