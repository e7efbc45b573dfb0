"""What `konomi evaluate` and `konomi tune` measure on: a shop's tables, those of the state or of a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from service.commands.importing import run_import
from service.commands.querying import ask
from service.commands.terminal import CommandFault, Tell
from service.commands.workspace import Workspace, person_keys
from service.evaluation.interactions import Interactions
from service.evaluation.shop import Shop, category_codes
from service.evaluation.time_groups import DAY
from service.recommender.arrays import Ints
from service.recommender.catalogue import ItemKind
from service.recommender.events import INTEREST_WEIGHT, EventType
from service.settings import Settings, State
from service.tables.generation import Generation

LIKED = 4
PURCHASES = "purchases"
POSITIVE = "positive actions, since there are no purchases"

_ACTIONS = """
SELECT customer_id, item_id, epoch_us(occurred_at) // 1000000 AS at, basket_id, quantity::FLOAT AS quantity
FROM read_parquet($files)
WHERE customer_id IS NOT NULL AND list_contains($types, type) AND (type <> 'RATE' OR value >= $liked)
"""


@contextmanager
def measured_workspace(settings: Settings, data: Path | None, tell: Tell) -> Iterator[Workspace]:
    """Open the state, or import a folder of tables into a scratch state that lives as long as the block."""
    if data is None:
        yield Workspace(settings)
        return
    with tempfile.TemporaryDirectory(prefix="konomi-evaluate-") as scratch:
        workspace = Workspace(settings.model_copy(update={"state": State(dir=Path(scratch))}))
        report = run_import(workspace, data, tell)
        if report.rejected:
            tell(f"{report.rejected} rows of {data} were refused", 1.0)
        yield workspace


def read_shop(workspace: Workspace) -> Shop:
    """Number the people, products and baskets of a shop's purchases; of a shop without any, of all positive actions.

    Raises
    ------
    CommandFault
        If nothing has been imported, or no customer did anything.
    """
    generation = workspace.generation()
    items = pq.read_table(generation.items, columns=["item_id", "kind", "category"])
    products = items.filter(pc.equal(items["kind"], ItemKind.PRODUCT.value))
    for measured, types, among in (
        (PURCHASES, [EventType.PURCHASE], products),
        (POSITIVE, [EventType.RATE, *(kind for kind, weight in INTEREST_WEIGHT.items() if weight > 0)], items),
    ):
        actions = _actions(generation, types)
        actions = actions.filter(pc.is_in(actions["item_id"], among["item_id"].combine_chunks()))
        if actions.num_rows:
            return _shop(generation, actions, among, measured)
    raise CommandFault(f"No customer of {generation.directory} bought or did anything, so nothing can be measured.")


def _actions(generation: Generation, types: list[EventType]) -> pa.Table:
    values = {"files": list(map(str, generation.events)), "types": [kind.value for kind in types], "liked": LIKED}
    return ask(_ACTIONS, values)


def _shop(generation: Generation, actions: pa.Table, items: pa.Table, measured: str) -> Shop:
    customers = pc.unique(actions["customer_id"]).sort()
    person = _numbers(actions["customer_id"], customers)
    item = _numbers(actions["item_id"], items["item_id"].combine_chunks())
    at = actions["at"].to_numpy().astype(np.int64)
    interactions = Interactions.of(
        person, item, at, _baskets(person, at, actions["basket_id"]), pc.fill_null(actions["quantity"], 1).to_numpy(),
        n_people=len(customers), n_items=items.num_rows,
    )
    return Shop(
        interactions=interactions,
        keys=person_keys(customers.to_pylist()),
        item_ids=items["item_id"].to_pylist(),
        paths=category_codes([tuple(path or ()) for path in items["category"].to_pylist()]),
        segments=_segments(generation, customers),
        about={
            "tables": generation.version, "measured": measured, "people": len(customers), "items": items.num_rows,
            "interactions": len(interactions), "baskets": int(np.unique(interactions.basket).size),
            **generation.facts,
        },
    )


def _baskets(person: Ints, at: Ints, basket_id: pa.ChunkedArray) -> Ints:
    """Number the orders: a basket_id of a person, or what they took on one day (UTC)."""
    named = np.asarray(pc.is_valid(basket_id).to_numpy(), np.bool_)
    code = pc.fill_null(basket_id, "").dictionary_encode().combine_chunks().indices.to_numpy().astype(np.int64)
    within = np.where(named, code, -1 - at // DAY)
    _, numbers = np.unique(np.stack([person, within]), axis=1, return_inverse=True)
    return np.asarray(numbers.ravel(), np.int64)


def _segments(generation: Generation, customers: pa.Array) -> dict[str, Ints]:
    if generation.segments is None:
        return {}
    rows = pq.read_table(generation.segments, columns=["segment", "customer_id"])
    rows = rows.filter(pc.is_in(rows["customer_id"], customers))
    person, names = _numbers(rows["customer_id"], customers), np.array(rows["segment"].to_pylist(), np.str_)
    return {str(name): np.unique(person[names == name]) for name in np.unique(names)}


def _numbers(values: pa.ChunkedArray, among: pa.Array) -> Ints:
    return np.asarray(pc.index_in(values, value_set=among).to_numpy(), np.int64)
