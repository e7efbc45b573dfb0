"""The examples in the docstrings of metrics, protocols and baselines are true."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import service.evaluation

MODULES = [module.name for module in walk_packages(service.evaluation.__path__, "service.evaluation.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_true(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_there_are_examples() -> None:
    found = sum(doctest.testmod(import_module(name)).attempted for name in MODULES)
    assert found > 15
