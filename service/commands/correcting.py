"""`konomi privacy correct`: what is wrong about a customer is put right."""

from __future__ import annotations

from typing import Annotated

import typer

from service.adapters.sql_audit import SqlAuditLog
from service.commands.terminal import BAD_CALL, AsJson, errors, faults_told, show
from service.commands.workspace import Workspace
from service.privacy import corrections_of
from service.recommender.audit import Action
from service.recommender.person import Person
from service.settings import load_settings

ACTOR = "service:konomi privacy"


def correct_command(
    customer: Annotated[str, typer.Argument(help="The shop's own id of the customer.")],
    changes: Annotated[list[str], typer.Option("--set", metavar="COLUMN=VALUE", help="A column of the customers table, "
                                               "and what holds instead; nothing behind the = removes it.")],
    as_json: AsJson = False,
) -> None:
    """Correct what the shop's tables say of a customer, until the shop's own table says something else.

    Features follow with the next `konomi features`. A wrong action is forgotten by giveFeedback, FORGET_ACTION.
    """
    with faults_told():
        said = dict(pair.partition("=")[::2] for pair in changes if "=" in pair)
        if len(said) < len(changes):
            errors.print("[red]konomi:[/] write --set COLUMN=VALUE, each column once", highlight=False)
            raise typer.Exit(BAD_CALL)
        workspace = Workspace(load_settings())
        corrections = corrections_of(workspace.settings, workspace.store, workspace.clock)
        corrections.correct(customer, said, workspace.settings.shop.time_zone)
        detail = {"columns": sorted(said)}
        SqlAuditLog(workspace.engine).record(
            Action.CORRECTED, ACTOR, Person.customer(customer), detail, workspace.clock.now(),
        )
        show({"corrected": sorted(said)}, as_json=as_json, title="Corrected")
