"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import feature_repo
import index
import service

RUNS_WHEN_IMPORTED = {"service.__main__", "feature_repo.features"}
"""A command line, and what Feast executes in a repository of its own."""
MODULES = [
    module.name
    for package in (service, index, feature_repo)
    for module in walk_packages(package.__path__, f"{package.__name__}.")
    if module.name not in RUNS_WHEN_IMPORTED
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_true(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    found = sum(len(one.examples) for name in MODULES for one in finder.find(import_module(name)))
    assert found > 50
