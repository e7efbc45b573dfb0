"""Run as a program: a konomi command that dies, as of `kill -9`, a moment after its n-th chance to.

Chances are each wait for the disk, each replacing or renaming of a file, and each line of progress; the moment
afterwards lets the end come in the middle of what DuckDB, FAISS, LightGBM or SQLite are doing.

    perilous_command.py die N SECONDS ARGUMENTS…     dies
    perilous_command.py count FILE ARGUMENTS…        lives, and writes how many chances there were
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from service.cli import app

FATE = sys.argv[1]
if FATE == "die":
    DEADLY, MOMENT, ARGUMENTS = int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
else:
    DEADLY, MOMENT, ARGUMENTS = -1, 0.0, sys.argv[3:]

chances = count(1)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def chance() -> None:
    if next(chances) == DEADLY:
        threading.Timer(MOMENT, die).start() if MOMENT else die()


def perilous(function: Callable[..., Any]) -> Callable[..., Any]:
    def around(*arguments: Any, **named: Any) -> Any:
        chance()
        result = function(*arguments, **named)
        chance()
        return result

    return around


class Narrator:
    """Standard error, each line of which is a chance."""

    def __init__(self, terminal: Any) -> None:
        self._terminal = terminal

    def write(self, text: str) -> int:
        written: int = self._terminal.write(text)
        if "\n" in text:
            self._terminal.flush()
            chance()
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._terminal, name)


for name in ("fsync", "replace", "rename"):
    setattr(os, name, perilous(getattr(os, name)))
sys.stderr = Narrator(sys.stderr)
app(ARGUMENTS, standalone_mode=False)
if FATE == "die":
    die()  # a busy machine may come to the end before the moment does
if FATE == "count":
    Path(sys.argv[2]).write_text(str(next(chances) - 1), encoding="utf-8")
