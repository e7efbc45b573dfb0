"""`konomi privacy`: access, erasure with a receipt per store, the proof that nothing is left, and the record."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.terminal import BAD_STATE, AsJson, CommandFault, errors, faults_told, show
from service.recommender.audit import first_broken
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from service.composition import Konomi

OPERATOR = Identity(service="konomi privacy", scopes=frozenset({Scope.PRIVACY_READ, Scope.PRIVACY_ERASE}))
PATIENCE_SECONDS, PAUSE_SECONDS = 10.0, 0.2
"""For what is left of an erasure: a server may be at it too. A store that does not answer in that time is named."""
SECRETS = "secrets"

Customer = Annotated[str, typer.Argument(help="The shop's own id of the customer.")]


def export_command(customer: Customer, as_json: AsJson = False) -> None:  # noqa: ARG001 - it is JSON in any case
    """Print everything that is kept about a customer as one JSON document."""
    from service.graphql.scalars import plain  # noqa: PLC0415 - Strawberry takes a second to import

    with faults_told(), _opened(load_settings()) as konomi:
        services = konomi.services
        told = services.the_rights.tell(OPERATOR, Person.customer(customer), services.shop_titles())
        show({name: plain(value) for name, value in told.items()}, as_json=True)


def erase_command(customer: Customer, as_json: AsJson = False) -> None:
    """Erase a customer everywhere, with a receipt per store; go on with erasures that were broken off."""
    with faults_told(), _opened(load_settings()) as konomi:
        rights = konomi.services.the_rights
        receipt_id, _ = rights.erase(OPERATOR, Person.customer(customer))
        until = time.monotonic() + PATIENCE_SECONDS
        while rights.eraser.go_on() and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
        receipt = rights.eraser.receipt(receipt_id)
        steps = {one.store: {"done": one.done, "removed": one.removed} for one in receipt.steps}
        told = {"receipt": receipt_id, "completed_at": receipt.completed_at, "steps": steps}
        show(told, as_json=as_json, title="Erased")
        if receipt.completed_at is None:
            waiting = ", ".join(one.store for one in receipt.steps if not one.done) or "a last look"
            raise CommandFault(f"Not everything is done: {waiting}. Servers go on with it, or run this again.")


def verify_command(customer: Customer, as_json: AsJson = False) -> None:
    """Search every store and every file of the state for a customer, and print what was found; 1 where anything was."""
    with faults_told(), _opened(load_settings()) as konomi:
        person = Person.customer(customer)
        found: dict[str, object] = {**konomi.services.the_rights.verify(OPERATOR, person)}
        files = _files_that_name(konomi.settings, person)
        total = sum(count for count in found.values() if isinstance(count, int)) + len(files)
        show({"found": total, "stores": found, "files": files}, as_json=as_json, title="Verified")
        if total:
            raise typer.Exit(BAD_STATE)


def audit_command(as_json: AsJson = False) -> None:
    """Print who did what with whose data, and hold every line against the one before it."""
    with faults_told(), _opened(load_settings()) as konomi:
        lines = list(konomi.services.the_rights.audit.lines())
        broken = first_broken(lines)
        told = [
            {"sequence": one.sequence, "at": one.at.isoformat(), "action": one.action, "actor": one.actor,
             "subject": one.subject, "detail": json.loads(one.detail)}
            for one in lines
        ]
        newest = lines[-1].digest if lines else None
        show({"lines": told, "newest": newest, "broken_at": broken}, as_json=as_json, title="Audit log")
        if broken is not None:
            errors.print(f"[red]konomi:[/] line {broken} was changed, or one before it is missing")
            raise typer.Exit(BAD_STATE)


def _files_that_name(settings: Settings, person: Person) -> list[str]:
    from service.adapters.named_in_files import named_in  # noqa: PLC0415

    folder = settings.state.dir
    found = (path.relative_to(folder) for path in named_in(folder, [person]))
    return [str(path) for path in found if path.parts[0] != SECRETS]


@contextmanager
def _opened(settings: Settings) -> Iterator[Konomi]:
    from service.composition import compose  # noqa: PLC0415 - the whole service takes seconds to import

    konomi = compose(settings)
    try:
        yield konomi
    finally:
        konomi.slates.close()
        konomi.services.threads.shutdown()
