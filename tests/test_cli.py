"""The command line as a process meets it."""

from __future__ import annotations

import subprocess
import sys

import pytest

CALLED = """
import os, sys
from service import cli
loaded = {"faiss", "lightgbm"} & sys.modules.keys()
cli.app = lambda: print(os.environ["OMP_WAIT_POLICY"], *loaded)
cli.main()
"""


@pytest.mark.parametrize(("given", "taken"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")])
def test_threads_that_wait_leave_the_processor_to_others(given, taken):
    called = subprocess.run([sys.executable, "-c", CALLED], env=given, capture_output=True, text=True, check=True)
    assert called.stdout.split() == [taken]
