"""Are the versions that konomi ships with known to be vulnerable? `python tests/dependencies/audit.py` says so.

pip-audit passes over packages that the database does not know, and calls the rest clean: where a mirror serves packages
but no advisories, everything would look clean. A release that is known to be vulnerable is therefore asked about first;
where nothing is known of that one, nothing is known of any, and the audit is skipped in one loud line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
CONTROL = "jinja2==2.10"
"""Vulnerable since 2019, CVE-2019-10906."""
PATIENCE_S = 5

Audit = Callable[[Sequence[str]], str]
"""What pip-audit prints as JSON about pinned requirements; nothing where it could not ask."""


@dataclass(frozen=True)
class Finding:
    """One advisory about one package."""

    package: str
    id: str
    fixed_in: str


def pip_audit(requirements: Sequence[str]) -> str:
    """Ask pip-audit about these very versions, without resolving or installing anything."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(requirements))
        file.flush()
        command = [
            sys.executable, "-m", "pip_audit", "--requirement", file.name, "--no-deps", "--disable-pip",
            "--format", "json", "--progress-spinner", "off", "--timeout", str(PATIENCE_S),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def findings(told: str) -> list[Finding]:
    """Read what pip-audit printed."""
    packages = json.loads(told)["dependencies"] if told.strip() else []
    return [
        Finding(f"{one['name']} {one['version']}", found["id"], ", ".join(found["fix_versions"]) or "nothing yet")
        for one in packages
        for found in one.get("vulns", ())
    ]


def judge(requirements: Sequence[str], audit: Audit = pip_audit) -> tuple[int, str]:
    """Audit requirements.

    Returns
    -------
    The exit code, 1 where something is known against one of them, and what to say.
    """
    if not findings(audit([CONTROL])):
        return 0, (
            "*** dependencies NOT AUDITED: the advisory database cannot be reached from here (it does not know that "
            f"{CONTROL} is vulnerable); run make check where PyPI's own can be ***"
        )
    told = audit(requirements)
    if not told.strip():
        return 1, "pip-audit failed; run it by hand: pip-audit --requirement constraints.txt --no-deps --disable-pip"
    known = [f"{one.package} is vulnerable: {one.id}, fixed in {one.fixed_in}" for one in findings(told)]
    return (1, "\n".join(known)) if known else (0, f"{len(requirements)} dependencies audited: nothing known against them")


def pinned(constraints: str) -> list[str]:
    """Read the pins of a constraints file."""
    return [line for line in map(str.strip, constraints.splitlines()) if line and not line.startswith("#")]


if __name__ == "__main__":
    code, said = judge(pinned(CONSTRAINTS.read_text(encoding="utf-8")))
    sys.stderr.write(f"{said}\n")
    sys.exit(code)
