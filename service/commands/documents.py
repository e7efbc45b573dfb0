"""`konomi documents`: what the shop's own clients send, so that nothing else need be executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from graphql import GraphQLError, OperationDefinitionNode, parse
from rich.table import Table

from service.adapters.sql_database import connect, migrate
from service.adapters.sql_documents import SqlDocuments
from service.adapters.system_clock import SystemClock
from service.commands.terminal import AsJson, CommandFault, faults_told, output, show
from service.recommender.errors import CallerFault
from service.settings import Settings, load_settings


def register(settings: Settings, files: list[Path]) -> dict[str, int]:
    """Register the documents of files.

    Returns
    -------
    `documents`, how many different texts the files have, and `new`, how many ids and hashes were not known before.

    Raises
    ------
    CommandFault
        If a document would be refused, or a file cannot be read.
    """
    from service.graphql.manifests import read_manifests  # noqa: PLC0415 - the schema takes a second to import

    try:
        texts = read_manifests({str(file): file.read_text(encoding="utf-8") for file in files})
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFault(f"A file cannot be read: {error}") from error
    _check(texts)
    new = _opened(settings).register(texts, SystemClock().now())
    return {"documents": len(set(texts.values())), "new": new}


def withdraw(settings: Settings, ids: list[str]) -> dict[str, int]:
    """Withdraw documents by any of their ids or hashes.

    Returns
    -------
    `withdrawn`, how many ids and hashes are no longer trusted.

    Raises
    ------
    InvalidArgument
        If one is nobody's; then nothing is withdrawn.
    """
    return {"withdrawn": _opened(settings).withdraw(ids, SystemClock().now())}


def listed(settings: Settings) -> list[dict[str, Any]]:
    """List what is registered: ids and hashes, names of operations, bytes, and since when."""
    return [
        {
            "ids": list(one.ids), "operations": _operations(one.text), "bytes": len(one.text.encode()),
            "registered_at": one.registered_at.isoformat(),
        }
        for one in _opened(settings).listed()
    ]


def _opened(settings: Settings) -> SqlDocuments:
    settings.state.dir.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database_url)
    migrate(engine)
    return SqlDocuments(engine)


def _operations(text: str) -> list[str]:
    """Name the operations of a document, as `query Feed`."""
    operations = (one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode))
    return [f"{one.operation.value} {one.name.value if one.name else ''}".strip() for one in operations]


def _check(texts: Mapping[str, str]) -> None:
    """Hold documents against the schema and the guard, as they will be when they are sent."""
    from service.graphql.documents import documents  # noqa: PLC0415
    from service.graphql.limits import check_query  # noqa: PLC0415

    reader = documents(introspection=True)
    for text in sorted(set(texts.values())):
        try:
            errors = [error.message for error in reader.read_here(check_query(text)).errors]
        except (GraphQLError, CallerFault) as fault:
            errors = [str(fault)]
        if errors:
            raise CommandFault(f"This document would be refused ({'; '.join(errors)}): {text.strip()[:200]}")


def register_command(
    files: Annotated[list[Path], typer.Argument(
        exists=True, dir_okay=False, readable=True,
        help="GraphQL files, and manifests (JSON) of Apollo, Relay or GraphQL Code Generator.",
    )],
    as_json: AsJson = False,
) -> None:
    """Register trusted documents; where KONOMI_HTTP__TRUSTED_DOCUMENTS is on, nothing else is executed."""
    with faults_told():
        show(register(load_settings(), files), as_json=as_json, title="Registered")


def withdraw_command(
    ids: Annotated[list[str], typer.Argument(metavar="HASH…", help="Hashes or ids, as `konomi documents list` says.")],
    as_json: AsJson = False,
) -> None:
    """Withdraw trusted documents, by all of their ids; running servers follow within five seconds."""
    with faults_told():
        show(withdraw(load_settings(), ids), as_json=as_json, title="Withdrawn")


def list_command(as_json: AsJson = False) -> None:
    """List the trusted documents with their ids and hashes."""
    with faults_told():
        found = listed(load_settings())
        if as_json:
            show({"documents": found}, as_json=True)
            return
        table = Table("ids and hashes", "operations", "bytes", "registered at")
        for one in found:
            ids, operations = "\n".join(one["ids"]), "\n".join(one["operations"])
            table.add_row(ids, operations, str(one["bytes"]), one["registered_at"][:19])
        output.print(table)
