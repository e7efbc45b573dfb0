"""`konomi retention`: what was kept long enough goes."""

from __future__ import annotations

from typing import Annotated

import typer

from service.adapters.sql_alone import alone
from service.adapters.sql_database import LONGEST_MIGRATION_WAIT_S, connect
from service.adapters.sql_tombstones import protect
from service.commands.terminal import AsJson, CommandFault, faults_told, progress, show
from service.commands.workspace import Workspace
from service.privacy import privacy_key
from service.recommender.retention import Retention
from service.retention import retention_of
from service.settings import load_settings


def retention_in(workspace: Workspace) -> Retention:
    """Put together what goes with time in a state, on connections that are patient with large tables."""
    settings = workspace.settings
    engine = protect(connect(workspace.engine.url, LONGEST_MIGRATION_WAIT_S), privacy_key(settings))
    return retention_of(
        settings, engine, workspace.repository, workspace.store, workspace.clock,
        lambda: workspace.exported_sequence,
    )


def retention_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go, and remove nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what was kept long enough, kind by kind, as KONOMI_RETENTION__… says; `konomi features` does the rest.

    One run at a time; one that was broken off is finished by the next. Features are computed from what is left.
    """
    with faults_told():
        workspace = Workspace(load_settings())
        retention = retention_in(workspace)
        if dry_run:
            show({"dry_run": True, "removed": dict(retention.count())}, as_json=as_json, title="Would go")
            return
        with alone(workspace.engine) as may, progress("retention") as tell:
            if not may:
                raise CommandFault("Another run of konomi retention is under way; run this again once it is done.")
            swept = retention.enforce(tell)
        show({"dry_run": False, "removed": dict(swept.removed)}, as_json=as_json, title="Gone")
        if swept.waiting:
            raise CommandFault(f"Not everything is done: {', '.join(swept.waiting)} did not answer. Run this again.")
