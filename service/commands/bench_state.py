"""The state that a measurement runs over: a copy of the shop's own, or a synthetic shop's; never the shop's own."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel

from index.store import ArtefactStore
from service.commands.importing import run_import
from service.commands.offline import run_features, run_index, run_publish, run_train
from service.commands.terminal import CommandFault, Tell
from service.commands.workspace import Workspace
from service.recommender.identity import Scope
from service.settings import GROUPS, PREFIX, SEPARATOR, Settings, State
from service.settings_auth import Auth
from service.tables.known_customers import customer_ids

PEERS = "bench"
"""In the state folder: peers that were built for earlier measurements."""
SEED = 7
PEOPLE, VIEWED = 400, 5_000
"""How many customers take part, and how many products they view."""
LIFETIME = timedelta(hours=12)
_LEFT_OUT = ("*-wal", "*-shm", PEERS, "demo-shop")
"""What the copies of the databases hold already, and what no server reads."""
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True)
class BenchState:
    """A state that a measurement may write to, and the settings by which a server finds it."""

    workspace: Workspace
    environment: Mapping[str, str]

    @property
    def size(self) -> tuple[int, int]:
        """Customers and items."""
        counts = self.workspace.generation().counts
        return counts["customers"], counts["items"]

    def tokens(self) -> tuple[Sequence[str], Sequence[str]]:
        """Sign tokens of customers drawn at random: of half who are shown something, of half who do something."""
        ids = customer_ids(self.workspace.generation())
        order = np.random.default_rng(SEED).permutation(len(ids))[:PEOPLE]
        from service.credentials import development_issuer  # noqa: PLC0415 - the whole service takes seconds to import

        known, issuer = sorted(ids), development_issuer(self.workspace.settings)
        tokens = [issuer.customer_token(known[place], LIFETIME) for place in order]
        half = (len(tokens) + 1) // 2
        return tokens[:half], tokens[half:] or tokens

    def people(self) -> Sequence[str]:
        """Ids of customers, in an order drawn at random; all, or so many that few of them meet in a batch."""
        known = sorted(customer_ids(self.workspace.generation()))
        return [known[place] for place in np.random.default_rng(SEED).permutation(len(known))[:VIEWED]]

    def service_token(self) -> str:
        """Sign a token of a service that records what anybody did."""
        from service.credentials import development_issuer  # noqa: PLC0415 - the whole service takes seconds to import

        return development_issuer(self.workspace.settings).service_token("bench", {Scope.EVENTS_WRITE}, LIFETIME)

    def products(self) -> Sequence[str]:
        """Products to view."""
        items = pq.read_table(self.workspace.generation().items, columns=["item_id", "kind"])
        ids: list[str] = items.filter(pc.equal(items["kind"], "PRODUCT"))["item_id"].slice(0, VIEWED).to_pylist()
        return ids


def copied(settings: Settings, folder: Path) -> BenchState:
    """Copy the shop's state, whose server may be running.

    Raises
    ------
    CommandFault
        If nothing is published, or the state lies in databases that a measurement must not write to.
    """
    if settings.database.url is not None or settings.features.online.get_secret_value() != "sqlite":
        raise CommandFault(
            "konomi bench records events, so it measures a copy of an embedded state, not one in PostgreSQL or Redis; "
            "unset KONOMI_DATABASE__URL and KONOMI_FEATURES__ONLINE, or name --customers and --items.",
        )
    if ArtefactStore(settings.artefacts_url, settings.artefacts_dir).current() is None:
        raise CommandFault(
            f"{settings.artefacts_url} has no published version; run `konomi demo` first, "
            "or name --customers and --items to measure a synthetic shop.",
        )
    shutil.copytree(settings.state.dir, folder, copy_function=_copy, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    return _opened(settings, folder, shop=settings.shop, artefacts=settings.artefacts)


def synthetic(settings: Settings, customers: int, items: int, folder: Path, tell: Tell) -> BenchState:
    """Make up a shop of a size, import it, and do all that serving it takes.

    Raises
    ------
    CommandFault
        If a shop cannot be that small.
    """
    from benchmarks.synthetic_shop import write_shop  # noqa: PLC0415 - a checkout has it, an image has not

    state, source = _opened(settings, folder / "state"), folder / "shop"
    workspace = state.workspace
    tell("make up a shop", 0.0)
    try:
        write_shop(source, customers, items, now=workspace.clock.now())
    except ValueError as error:
        raise CommandFault(f"{error}; name larger --customers and --items.") from error
    run_import(workspace, source, lambda stage, share: tell(f"import: {stage}", 0.1 + 0.2 * share))
    run_features(workspace, lambda stage, share: tell(f"features: {stage}", 0.3 + 0.3 * share))
    version = run_train(workspace, lambda stage, share: tell(f"train: {stage}", 0.6 + 0.3 * share))
    tell("index", 0.9)
    run_index(workspace, version)
    run_publish(workspace, version)
    return state


def _opened(settings: Settings, folder: Path, **kept: BaseModel) -> BenchState:
    """Point settings at the folder; groups that are not kept are the defaults, so that nothing else is touched."""
    groups = {name: kind() for name, kind in GROUPS.items()}
    groups |= {**kept, "state": State(dir=folder), "auth": Auth(development=True)}
    environment = {
        f"{PREFIX}{name}{SEPARATOR}{field}".upper(): str(value)
        for name, group in groups.items()
        for field, value in group.model_dump(exclude_defaults=True).items()
    }
    return BenchState(Workspace(settings.model_copy(update=groups)), environment)


def _copy(source: str, target: str) -> None:
    """Copy a file; a database as of one moment, while others may write to it."""
    with Path(source).open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if not is_database:
        shutil.copy2(source, target)
        return
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
