"""`konomi import`: load a shop's tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer

from service.commands.erased import keep_out_of_tables
from service.commands.terminal import BAD_STATE, AsJson, Tell, faults_told, progress, show
from service.commands.workspace import Workspace
from service.privacy import REJECTED, corrections_of
from service.recommender.consent import Purpose
from service.retention import history_of
from service.settings import load_settings
from service.tables.importing import import_tables
from service.tables.report import ImportReport


def run_import(workspace: Workspace, source: Path, tell: Tell | None = None) -> ImportReport:
    """Load the tables of a folder, and what customers granted elsewhere into the consent ledger."""
    now = workspace.clock.now()

    def consents(customers: pa.Table) -> None:
        names = zip(customers["customer_id"].to_pylist(), customers["consents"].to_pylist(), strict=True)
        grants = {customer_id: frozenset(map(Purpose, granted or ())) for customer_id, granted in names}
        workspace.consents.import_grants(grants, now)

    settings = workspace.settings
    report = import_tables(
        source, workspace.store, settings.state.dir / REJECTED, now=now, default_time_zone=settings.shop.time_zone,
        on_customers=consents, corrections=corrections_of(settings, workspace.store, workspace.clock), progress=tell,
    )
    keep_out_of_tables(workspace)
    too_old = history_of(settings, workspace.engine, workspace.store, workspace.clock).keep_out()
    if too_old:
        told = f"{too_old} events are older than what konomi retention keeps, and were left out"
        report = replace(report, warnings=(*report.warnings, told))
    return report


def import_command(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the tables: items, customers, events, …")],
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 where any row was rejected.")] = False,
    as_json: AsJson = False,
) -> None:
    """Load a shop's tables into the state; repeating it adds nothing."""
    with faults_told():
        workspace = Workspace(load_settings())
        with progress("import") as tell:
            report = run_import(workspace, directory, tell)
        show(_told(report, workspace), as_json=as_json, title=f"Imported {directory}")
        if strict and report.rejected:
            raise typer.Exit(BAD_STATE)


def _told(report: ImportReport, workspace: Workspace) -> dict[str, Any]:
    told = report.as_dict()
    if report.rejected:
        told["rejected_rows"] = str(workspace.settings.state.dir / REJECTED)
    return told
