"""Secrets that are made once in the state folder, where the operator brought none."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from service.adapters.private_files import sync, write_private


def state_secret(folder: Path, name: str) -> bytes:
    """Read a secret of 32 bytes, making it the first time; several processes at once agree on one.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    path = folder / "secrets" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        staging = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
        write_private(staging, secrets.token_hex(32))
        with suppress(FileExistsError):  # another process was first: its secret holds
            os.link(staging, path)
        staging.unlink()
        sync(path.parent)
    return bytes.fromhex(path.read_text(encoding="ascii"))
