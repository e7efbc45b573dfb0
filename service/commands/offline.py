"""The offline commands: features, train, index, publish, rollback, and refresh, which is all of them in one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import pyarrow as pa
import typer

from service.adapters.feast_personal import exclusive
from service.adapters.sql_event_export import export_events
from service.commands.erased import keep_out_of_features, keep_out_of_tables
from service.commands.shoppers import recount, shoppers
from service.commands.terminal import AsJson, CommandFault, Tell, faults_told, progress, show
from service.commands.training_inputs import query_vectors, training_inputs, views_at
from service.commands.weeks import cutoffs, nights
from service.commands.workspace import Workspace, write_whole
from service.settings import load_settings

EXPORT_BATCH = 100_000
KEPT_VERSIONS = 5
COMPUTED = "computed.json"
_SHARES = {"embedding": 0.2, "examples": 0.4, "ranker": 0.6, "artefact": 0.8}


def move_live_events(workspace: Workspace) -> int:
    """Move what is new in the live log into history; a repetition after a crash adds nothing."""
    moved, sequence = 0, workspace.exported_sequence
    while (batch := export_events(workspace.engine, sequence, EXPORT_BATCH)).table.num_rows:
        workspace.store.append_events(batch.table, now=workspace.clock.now())
        sequence, moved = batch.through_sequence, moved + batch.table.num_rows
        workspace.remember_exported(sequence)
    if moved:
        keep_out_of_tables(workspace)
    return moved


def run_features(workspace: Workspace, tell: Tell) -> dict[str, Any]:
    """Compute features as of now and the training cutoffs, apply the Feast repository, and materialise."""
    from feature_repo.compute import compute  # noqa: PLC0415 - Ibis takes a second to import
    from feature_repo.preparation import FORGOTTEN, LINKS, ShopFiles  # noqa: PLC0415
    from feature_repo.snapshot import VIEWS  # noqa: PLC0415

    generation, now = workspace.generation(), workspace.clock.now().replace(microsecond=0)
    learned_from = cutoffs(generation)
    moments = views_at([*learned_from, now], nights(learned_from))
    forgotten = [
        {"person_key": person.key, "type": kind.value, "item_id": item_id, "through": through}
        for person, kind, item_id, through in workspace.feedback.forgotten()
    ]
    links = [
        {"visitor_id": link.visitor.id, "customer_id": link.customer.id, "through": link.through}
        for link in workspace.links.all()
    ]
    files = ShopFiles(
        generation.events, generation.items, generation.customers, generation.segments,
        pa.Table.from_pylist(forgotten, FORGOTTEN), pa.Table.from_pylist(links, LINKS),
    )
    with exclusive(workspace.repository.data, wait=True):  # an erasure that begins meanwhile waits for its end
        compute(
            files, {view: moments.get(view, [now]) for view in VIEWS}, workspace.repository.data,
            through_sequence=workspace.exported_sequence, time_zone=workspace.settings.shop.time_zone,
            progress=lambda stage, share: tell(stage, 0.6 * share),
        )
        tell("apply", 0.6)
        workspace.repository.apply()
        workspace.repository.materialise(now, lambda stage, share: tell(f"materialise {stage}", 0.65 + 0.25 * share))
    keep_out_of_features(workspace)
    tell("segments", 0.9)
    write_whole(workspace.settings.features_dir / COMPUTED, json.dumps({"as_of": now.isoformat()}))
    recount(workspace, now)
    return {"as_of": now.isoformat(), "moments": len(learned_from) + 1, "tables": generation.version}


def run_train(workspace: Workspace, tell: Tell, seed: int = 7) -> str:
    """Train a new version from the computed features.

    Returns
    -------
    Its name.
    """
    from index.embedding import EmbeddingSettings  # noqa: PLC0415 - SciPy and LightGBM take a second to import
    from index.learning import TrainingSettings  # noqa: PLC0415
    from index.ranker import RankerSettings  # noqa: PLC0415
    from index.train import train  # noqa: PLC0415

    tell("gather features", 0.0)
    as_of = computed_as_of(workspace)
    inputs = replace(training_inputs(workspace, as_of), shoppers=shoppers(workspace, as_of))
    manifest = train(
        inputs, workspace.artefacts, now=workspace.clock.now(),
        settings=TrainingSettings(EmbeddingSettings(seed=seed), RankerSettings(seed=seed)),
        progress=lambda stage, share: tell(stage, _SHARES.get(stage, 0.5) + 0.2 * share),
    )
    return manifest.version


def computed_as_of(workspace: Workspace) -> datetime:
    """When the features were computed.

    Raises
    ------
    CommandFault
        If they have not been.
    """
    path = workspace.settings.features_dir / COMPUTED
    if not path.exists():
        raise CommandFault("There are no features yet; run `konomi features` first.")
    return datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["as_of"])


def newest_version(workspace: Workspace) -> str:
    """The latest version that was trained.

    Raises
    ------
    CommandFault
        If there is none.
    """
    from index.artefact import versions  # noqa: PLC0415

    found = versions(workspace.artefacts)
    if not found:
        raise CommandFault(f"{workspace.artefacts} holds no version yet; run `konomi train` first.")
    return found[-1]


def run_index(workspace: Workspace, version: str) -> dict[str, Any]:
    """Build the FAISS indexes of a version and measure them against exact search."""
    from index.build import build_indexes, verify_indexes  # noqa: PLC0415

    queries = query_vectors(workspace, computed_as_of(workspace), version)
    build_indexes(workspace.artefacts, version, queries)
    entries = verify_indexes(workspace.artefacts, version, queries)
    return {kind: {"type": e.type, "items": e.items, "recall@100": e.recall} for kind, e in entries.items()}


def run_publish(workspace: Workspace, version: str) -> None:
    """Make a version current, and remove versions that are long out of use."""
    from index.publication import prune  # noqa: PLC0415

    workspace.published.publish(version)
    prune(workspace.artefacts, KEPT_VERSIONS)


def run_refresh(workspace: Workspace, tell: Tell) -> dict[str, Any]:
    """Everything from the live log to a published version; killed anywhere, the next run does the rest."""
    tell("move live events", 0.0)
    moved = move_live_events(workspace)
    features = run_features(workspace, lambda stage, share: tell(f"features: {stage}", 0.05 + 0.4 * share))
    version = run_train(workspace, lambda stage, share: tell(f"train: {stage}", 0.45 + 0.45 * share))
    tell("index", 0.9)
    indexes = run_index(workspace, version)
    run_publish(workspace, version)
    return {"moved_events": moved, "features": features, "version": version, "indexes": indexes}


def features_command(as_json: AsJson = False) -> None:
    """Compute features from the events, apply the Feast repository, materialise to the online store."""
    with faults_told():
        workspace = Workspace(load_settings())
        with progress("features") as tell:
            moved = move_live_events(workspace)
            result = run_features(workspace, tell)
        show({"moved_events": moved, **result}, as_json=as_json, title="Features")


def train_command(
    seed: Annotated[int, typer.Option(help="The same seed on the same data gives the same artefact.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Train embeddings and ranker, and write one versioned artefact."""
    with faults_told():
        workspace = Workspace(load_settings())
        with progress("train") as tell:
            version = run_train(workspace, tell, seed)
        show({"version": version}, as_json=as_json, title="Trained")


def build_command(
    version: Annotated[str | None, typer.Argument(help="Version; the newest where left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Build the FAISS indexes of a version."""
    with faults_told():
        workspace = Workspace(load_settings())
        name = version or newest_version(workspace)
        show({"version": name, "indexes": run_index(workspace, name)}, as_json=as_json, title="Indexes")


def verify_command(
    version: Annotated[str | None, typer.Argument(help="Version; the newest where left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hold a version against its manifest, and its indexes against exact search."""
    with faults_told():
        from index.build import verify_indexes  # noqa: PLC0415

        workspace = Workspace(load_settings())
        name = version or newest_version(workspace)
        queries = query_vectors(workspace, computed_as_of(workspace), name)
        measured = verify_indexes(workspace.artefacts, name, queries)
        recalls = {kind: entry.recall for kind, entry in measured.items()}
        show({"version": name, "recall@100": recalls}, as_json=as_json, title="Whole")


def publish_command(version: Annotated[str, typer.Argument(help="Version to serve.")], as_json: AsJson = False) -> None:
    """Make a version current, atomically; running servers pick it up without dropping a request."""
    with faults_told():
        workspace = Workspace(load_settings())
        run_publish(workspace, version)
        show({"current": version}, as_json=as_json, title="Published")


def rollback_command(as_json: AsJson = False) -> None:
    """Make the version before the current one current again."""
    with faults_told():
        pointer = Workspace(load_settings()).published.rollback()
        show({"current": pointer.version}, as_json=as_json, title="Rolled back")


def refresh_command(as_json: AsJson = False) -> None:
    """Import new live events, compute features, train, index, verify and publish: the nightly job."""
    with faults_told():
        workspace = Workspace(load_settings())
        with progress("refresh") as tell:
            result = run_refresh(workspace, tell)
        show(result, as_json=as_json, title="Refreshed")
