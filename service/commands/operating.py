"""Commands for those who run konomi: settings, migrate, token."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from service.adapters.sql_database import connect, migrate
from service.commands.terminal import BAD_CALL, AsJson, CommandFault, errors, faults_told, output, show
from service.recommender.identity import Scope
from service.recommender.person import Person
from service.settings import describe, load_settings


def settings_command(as_json: AsJson = False) -> None:
    """List every setting with its value, its source and what it is for; secrets are hidden."""
    with faults_told():
        rows = list(describe(load_settings()))
        if as_json:
            show({row.name: {"value": row.value, "source": row.source, "description": row.description} for row in rows},
                 as_json=True)
            return
        table = Table("setting", "value", "source", "meaning")
        for row in rows:
            table.add_row(row.name, row.value, row.source, row.description)
        output.print(table)


def migrate_command(as_json: AsJson = False) -> None:
    """Bring the database to the tables that this version needs."""
    with faults_told():
        settings = load_settings()
        settings.state.dir.mkdir(parents=True, exist_ok=True)
        show({"revision": migrate(connect(settings.database_url))}, as_json=as_json, title="Migrated")


def token_command(
    customer: Annotated[str | None, typer.Option(help="Customer whom the token is for.")] = None,
    service: Annotated[str | None, typer.Option(help="Name of the service whom the token is for.")] = None,
    scopes: Annotated[str, typer.Option(help="Scopes of the service, joined by commas or spaces.")] = "",
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 30, help="How long it holds.")] = 24.0,
    as_json: AsJson = False,
) -> None:
    """Print a signed token for development, alone on stdout; refuses unless the development issuer is on."""
    with faults_told():
        if (customer is None) == (service is None):
            errors.print("[red]konomi:[/] name either --customer or --service")
            raise typer.Exit(BAD_CALL)
        settings = load_settings()
        if not settings.auth.development:
            raise CommandFault("The development issuer is off; the demo has it on, or KONOMI_AUTH__DEVELOPMENT=true.")
        named = scopes.replace(",", " ").split()
        unknown = sorted(set(named) - set(Scope))
        if unknown:
            errors.print(f"[red]konomi:[/] unknown scope {', '.join(unknown)}; there are {', '.join(Scope)}")
            raise typer.Exit(BAD_CALL)
        from service.credentials import development_issuer  # noqa: PLC0415 - the whole service takes seconds to import

        issuer = development_issuer(settings)
        lifetime = timedelta(hours=hours)
        bearer = Person.customer(customer) if customer is not None else str(service)
        token = issuer.token(bearer, map(Scope, named), lifetime)
        if as_json:
            show({"token": token}, as_json=True)
        else:
            sys.stdout.write(f"{token}\n")
