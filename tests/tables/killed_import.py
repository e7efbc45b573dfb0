"""Run as a program: an import that kills itself, as `kill -9` would, at the n-th chance to.

Chances are each wait for the disk, each replacing of a file, and each report of progress. Without n, all of them are
counted and the number is printed.
"""

import os
import signal
import sys
from datetime import datetime
from itertools import count
from pathlib import Path

from service.tables.importing import import_tables
from service.tables.store import TableStore

chances = count(1)


def main(source, store, rejected, now, deadly=None):
    def chance(*_):
        if next(chances) == int(deadly or 0):
            os.kill(os.getpid(), signal.SIGKILL)

    def perilous(function):
        def around(*arguments):
            chance()
            function(*arguments)
            chance()

        return around

    os.fsync = perilous(os.fsync)
    os.replace = perilous(os.replace)
    import_tables(
        Path(source),
        TableStore(Path(store)),
        Path(rejected),
        now=datetime.fromisoformat(now),
        default_time_zone="Asia/Tokyo",
        progress=chance,
    )
    sys.stdout.write(str(next(chances) - 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
