"""A kill -9 at any step of writing leaves the old state readable, and the next run finishes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from index.artefact import open_artefact
from index.publication import current
from tests.index.small_artefact import write_small

KILLED_AT_EVERY_STEP = """
import json, os, shutil, signal, sys
from datetime import timedelta
from pathlib import Path
from index.artefact import open_artefact, versions
from index.publication import current, prune, publish, rollback
from tests.index.small_artefact import AT, write_small

place = Path(sys.argv[1])
base, root = place / "base", place / "root"
old = write_small(base).version
publish(base, old)
newer = write_small(base, seed=2, at=AT + timedelta(days=1)).version
if sys.argv[2] == "rollback":
    publish(base, newer)
acts = {
    "write": lambda: write_small(root, seed=3, at=AT + timedelta(days=2)),
    "publish": lambda: publish(root, newer),
    "rollback": lambda: rollback(root),
    "prune": lambda: prune(root, 0),
}
act = acts[sys.argv[2]]

def dies_at(step):
    child = os.fork()
    if child == 0:
        seen = 0
        def count(event, arguments):
            nonlocal seen
            if event in ("open", "os.rename", "os.mkdir", "os.rmdir", "os.remove") and str(arguments[0]).startswith(str(root)):
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(count)
        act()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])

step, states = 1, []
while True:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(base, root)
    died = dies_at(step)
    now = current(root)
    whole = [open_artefact(root, version).version for version in versions(root)]
    states.append({"step": step, "current": now, "whole": whole})
    if not (sys.argv[2] == "rollback" and now == old):
        act()
    states[-1] |= {"after": current(root), "left": [p.name for p in root.glob(".staging*")]}
    if not died:
        break
    step += 1
print(json.dumps({"old": old, "newer": newer, "states": states}))
"""

READS_ALL_THE_WHILE = """
import itertools, sys
from datetime import timedelta
from pathlib import Path
from index.publication import prune, publish
from tests.index.small_artefact import AT, write_small
root = Path(sys.argv[1])
for n in itertools.count(int(sys.argv[2])):
    publish(root, write_small(root, seed=n, at=AT + timedelta(days=n)).version)
    print(n, flush=True)
    prune(root, 3)
"""


@pytest.mark.parametrize("act", ["write", "publish", "rollback", "prune"])
def test_killed_at_any_step_the_old_state_is_readable_and_the_next_run_finishes(tmp_path, act: str) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED_AT_EVERY_STEP, tmp_path, act], capture_output=True, text=True,
                         check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    old, newer, states = told["old"], told["newer"], told["states"]
    assert len(states) > 3, "it was killed at several steps"
    before, after = {"publish": (old, newer), "rollback": (newer, old)}.get(act, (old, old))
    for state in states:
        assert state["current"] in (before, after), state
        assert old in state["whole"], state
        assert state["after"] == after, state
        assert not state["left"], state
    assert (states[0]["current"], states[-1]["current"]) == (before, after)


def test_a_reader_finds_a_whole_version_while_a_publisher_is_killed_again_and_again(tmp_path) -> None:
    start, opened = 1, set()
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", READS_ALL_THE_WHILE, str(tmp_path), str(start)],
                                  stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        published = 0
        for line in writer.stdout:
            version = current(tmp_path)
            assert version is not None
            opened.add(open_artefact(tmp_path, version).version)
            published, start = published + 1, int(line) + 1
            if published == 5:
                break
        writer.kill()
        writer.wait()
        writer.stdout.close()
        version = current(tmp_path)
        assert version is not None
        open_artefact(tmp_path, version)
    assert len(opened) > 5
    assert write_small(Path(tmp_path), seed=99).version
