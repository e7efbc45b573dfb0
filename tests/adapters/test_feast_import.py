"""Feast arrives whole, and typeguard is left as it was."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import typeguard
before = typeguard.typechecked
from service.adapters.feast_import import import_feast
feast = import_feast()
assert typeguard.typechecked is before
import_feast()
assert not hasattr(feast.Entity.__init__, "__wrapped__")
entity = feast.Entity(name="person", join_keys=["person_key"])
print(entity.join_key, feast.Entity.__init__.__code__.co_filename)
print("TypeCheckMemo" in feast.Entity.__init__.__code__.co_names)
"""


def test_feast_is_whole_without_its_checks() -> None:
    told = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True).stdout.split()
    assert told[0] == "person_key"
    assert told[-1] == "False"


def test_the_surprise_is_still_there() -> None:
    """When this fails, Feast's import costs no more checks, and `import_feast` may go."""
    script = "import feast; print('TypeCheckMemo' in feast.Entity.__init__.__code__.co_names)"
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert told.strip() == "True"
