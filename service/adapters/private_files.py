"""Files in the state that hold secrets: for their owner's eyes alone, and on disk before anything relies on them."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, and wait until it has reached the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    sync(path)


def replace_private(path: Path, text: str) -> None:
    """Replace such a file in one step: readers see the old text or the new one, never a part."""
    staging = path.with_name(f".{path.name}.new")
    write_private(staging, text)
    staging.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, have reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
