"""The peer that a team would glue together in an afternoon: Strawberry, Feast and FAISS, as their tutorials show it.

It exists to be measured against, on the same machine in the same run, and is tuned in no way: one feed request is one
Feast read for the customer, one FAISS search, one Feast read for the candidates, a weighted sum, and a GraphQL answer
of 20 items with two reasons each.

    python -m benchmarks.naive build DIR --customers 100000 --items 50000 [--redis HOST:PORT]
    python -m benchmarks.naive serve DIR --port 8100     # POST /graphql/ {feed(customerId:"c1", first:20){...}}
    python -m benchmarks.naive query                     # prints the query that the benchmark sends
"""
# ruff: noqa: PLC0415 - who asks for the query alone needs none of the vendors

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

CUSTOMER_FEATURES = 30
ITEM_FEATURES = 8
DIMENSION = 64
CANDIDATES = 200
SEED = 7
QUERY = (
    "query Feed($id: ID!) { feed(customerId: $id, first: 20) "
    "{ id title price currency score rank reasons { code text weight } } }"
)

FEATURES_PY = """
from datetime import timedelta
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Array, Float32, String

customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
item = Entity(name="item", join_keys=["item_id"], value_type=ValueType.STRING)
customer_features = FeatureView(
    name="customer_features", entities=[customer], ttl=timedelta(days=3650),
    schema=[Field(name=f"f{{i}}", dtype=Float32) for i in range({customer_features})]
    + [Field(name="embedding", dtype=Array(Float32)), Field(name="region", dtype=String)],
    source=FileSource(path="{directory}/customers.parquet", timestamp_field="event_timestamp"))
item_features = FeatureView(
    name="item_features", entities=[item], ttl=timedelta(days=3650),
    schema=[Field(name=f"g{{i}}", dtype=Float32) for i in range({item_features})]
    + [Field(name="title", dtype=String), Field(name="price", dtype=Float32)],
    source=FileSource(path="{directory}/items.parquet", timestamp_field="event_timestamp"))
"""


def build(directory: Path, customers: int, items: int, redis: str | None = None) -> None:
    """Lay down random features and vectors, apply the Feast repository and materialise it."""
    import faiss
    import numpy as np
    import pandas as pd
    from feast import FeatureStore

    directory.mkdir(parents=True, exist_ok=True)
    where = directory.resolve()
    rng = np.random.default_rng(SEED)
    now = datetime.now(UTC) - timedelta(hours=1)
    vectors = rng.normal(size=(customers, DIMENSION)).astype("f4")
    people = pd.DataFrame(
        rng.normal(size=(customers, CUSTOMER_FEATURES)).astype("f4"),
        columns=[f"f{i}" for i in range(CUSTOMER_FEATURES)],
    )
    people.insert(0, "customer_id", [f"c{i}" for i in range(customers)])
    people["embedding"] = list(vectors)
    people["region"] = rng.choice(["Tokyo", "Osaka", "Kyoto"], customers)
    people["event_timestamp"] = now
    people.to_parquet(where / "customers.parquet")
    goods = pd.DataFrame(
        rng.normal(size=(items, ITEM_FEATURES)).astype("f4"), columns=[f"g{i}" for i in range(ITEM_FEATURES)],
    )
    goods.insert(0, "item_id", [f"i{i}" for i in range(items)])
    goods["title"] = [f"Item {i}" for i in range(items)]
    goods["price"] = rng.uniform(100, 9000, items).astype("f4")
    goods["event_timestamp"] = now
    goods.to_parquet(where / "items.parquet")
    features = FEATURES_PY.format(customer_features=CUSTOMER_FEATURES, item_features=ITEM_FEATURES, directory=where)
    (where / "features.py").write_text(features, encoding="utf-8")
    online = f"type: redis\n  connection_string: {redis}" if redis else f"type: sqlite\n  path: {where}/online.db"
    (where / "feature_store.yaml").write_text(
        f"project: naive\nprovider: local\nregistry: {where}/registry.db\nentity_key_serialization_version: 3\n"
        f"offline_store:\n  type: file\nonline_store:\n  {online}\n",
        encoding="utf-8",
    )
    index = faiss.index_factory(DIMENSION, "HNSW32", faiss.METRIC_INNER_PRODUCT)
    index.add(rng.normal(size=(items, DIMENSION)).astype("f4"))
    faiss.write_index(index, str(where / "items.faiss"))
    subprocess.run([sys.executable, "-m", "feast.cli.cli", "apply"], cwd=where, check=True, stdout=subprocess.DEVNULL)
    FeatureStore(repo_path=str(where)).materialize(now - timedelta(days=1), datetime.now(UTC))


def serve(directory: Path, port: int) -> None:
    """Serve the feed on loopback."""
    import faiss
    import numpy as np
    import strawberry
    import uvicorn
    from feast import FeatureStore
    from starlette.applications import Starlette
    from strawberry.asgi import GraphQL

    store = FeatureStore(repo_path=str(directory))
    index = faiss.read_index(str(directory / "items.faiss"))
    customer_refs = [
        *(f"customer_features:f{i}" for i in range(CUSTOMER_FEATURES)),
        "customer_features:embedding", "customer_features:region",
    ]
    item_refs = [
        *(f"item_features:g{i}" for i in range(ITEM_FEATURES)), "item_features:title", "item_features:price",
    ]

    @strawberry.type
    class Reason:
        code: str
        text: str
        weight: float

    @strawberry.type
    class Item:
        id: strawberry.ID
        title: str
        price: float
        currency: str
        score: float
        rank: int
        reasons: list[Reason]

    @strawberry.type
    class Query:
        @strawberry.field
        def feed(self, customer_id: strawberry.ID, first: int = 20) -> list[Item]:
            who = store.get_online_features(
                features=customer_refs, entity_rows=[{"customer_id": customer_id}],
            ).to_dict()
            vector = np.asarray(who["embedding"][0], dtype="f4")[None]
            _, rows = index.search(vector, CANDIDATES)
            found = store.get_online_features(
                features=item_refs, entity_rows=[{"item_id": f"i{row}"} for row in rows[0]],
            ).to_dict()
            taste = np.asarray([who[f"f{i}"][0] for i in range(ITEM_FEATURES)])
            traits = np.asarray([found[f"g{i}"] for i in range(ITEM_FEATURES)]).T
            scores = traits @ taste
            best = np.argsort(-scores)[:first]
            region = who["region"][0]
            return [
                Item(
                    id=strawberry.ID(f"i{rows[0][k]}"), title=found["title"][k], price=found["price"][k],
                    currency="JPY", score=float(scores[k]), rank=rank,
                    reasons=[
                        Reason(code="SIMILAR", text=f"Similar to what is popular in {region}", weight=0.5),
                        Reason(code="TASTE", text="Matches your taste", weight=0.5),
                    ],
                )
                for rank, k in enumerate(best)
            ]

    app = Starlette()
    app.mount("/graphql", GraphQL(strawberry.Schema(query=Query)))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def main() -> None:
    """Build, serve, or print the query."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    builder = commands.add_parser("build")
    builder.add_argument("directory", type=Path)
    builder.add_argument("--customers", type=int, default=100_000)
    builder.add_argument("--items", type=int, default=50_000)
    builder.add_argument("--redis")
    server = commands.add_parser("serve")
    server.add_argument("directory", type=Path)
    server.add_argument("--port", type=int, default=8100)
    commands.add_parser("query")
    given = parser.parse_args()
    if given.command == "build":
        build(given.directory, given.customers, given.items, given.redis)
    elif given.command == "serve":
        serve(given.directory, given.port)
    else:
        print(json.dumps({"query": QUERY, "variables": {"id": "c1"}}))


if __name__ == "__main__":
    main()
