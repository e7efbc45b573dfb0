"""Feast, imported in a third of the time."""

from __future__ import annotations

import importlib
import threading
from types import ModuleType
from typing import Any
from unittest.mock import patch

import typeguard

_importing = threading.Lock()


def import_feast() -> ModuleType:
    """Import Feast without its run-time checks of types.

    Feast decorates its definitions with typeguard's `typechecked`, which parses and recompiles every method of
    a dozen classes at import: five of eight seconds. Python leaves it out under `-O`, and so does this.
    """
    with _importing, patch.object(typeguard, "typechecked", _as_it_is):
        return importlib.import_module("feast")


def _as_it_is(target: Any = None, **_: object) -> Any:
    return target if target is not None else _as_it_is
