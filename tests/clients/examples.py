"""The examples as their READMEs build them: `npm install` and `npm run build`, beside the service's schema."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.acceptance.running import ROOT
from tests.clients.conftest import install_or_skip
from tests.clients.node import NODE, NPM

EXAMPLES = ROOT / "examples"
WRITTEN = ("node_modules", "package-lock.json", "dist", "generated.ts", "persisted-documents.json", "outbox.json")
"""What installing, building and running an example leaves behind."""


def speaking(url: str, **more: str) -> dict[str, str]:
    """The environment of an example that speaks to a service."""
    return {**os.environ, "KONOMI_URL": url, **more}  # noqa: TID251 - tests are not the service


def built(name: str, room: Path, url: str) -> Path:
    """Copy an example into a room, and build it there for the service at `url`."""
    source, folder, tools = EXAMPLES / name, room / "examples" / name, room / "bin"
    install_or_skip(source)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*WRITTEN))
    (folder / "node_modules").symlink_to(source / "node_modules")
    (room / "service").symlink_to(ROOT / "service")
    tools.mkdir()
    (tools / "node").symlink_to(NODE)
    (tools / "npm").symlink_to(NPM)  # the wheel's own bin/npm finds nothing
    path = os.pathsep.join([str(tools), os.environ["PATH"]])  # noqa: TID251
    done = subprocess.run(
        ["npm", "run", "build"], cwd=folder, env=speaking(url, PATH=path), capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
