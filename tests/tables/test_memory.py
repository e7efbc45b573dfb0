import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.tables.shops import ITEM, NOW

ROWS = 300_000
MOST_MIB = 700
MEASURED = """
import re, sys
from datetime import datetime
from pathlib import Path
from service.tables.importing import import_tables
from service.tables.store import TableStore
source, root, now = sys.argv[1:]
import_tables(Path(source), TableStore(Path(root) / "tables"), Path(root) / "rejected.parquet",
              now=datetime.fromisoformat(now), default_time_zone="UTC")
# getrusage counts what the process was forked from as well; the peak since it was executed is this one.
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def test_an_import_of_many_events_stays_within_its_memory(shop, tmp_path):
    random = np.random.default_rng(7)
    start = np.datetime64(NOW.replace(tzinfo=None), "us")
    events = pa.table(
        {
            "customer_id": random.integers(0, 20_000, ROWS),
            "type": ["PURCHASE"] * ROWS,
            "item_id": ["tea"] * ROWS,
            "occurred_at": start - random.integers(0, 10**13, ROWS),
            "amount": random.random(ROWS).round(2),
            "basket_id": random.integers(0, 10**9, ROWS),
            "till": random.integers(0, 30, ROWS),
        },
    )
    shop.csv(items=[ITEM]).parquet(events=events)
    command = [sys.executable, "-c", MEASURED, str(shop.source), str(tmp_path), NOW.isoformat()]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stderr
    assert shop.generation.counts["events"] == ROWS
    assert int(done.stdout) < MOST_MIB
