"""`konomi projector`."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from service.commands.terminal import AsJson, faults_told, show
from service.settings import load_settings


def projector_command(
    once: Annotated[bool, typer.Option("--once", help="Take in what is new, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Follow the event log and keep up to date what is made of it, until told to stop.

    That is the features of recent actions, and which showing led to what was bought. Every server does so too; of all
    that run, one leads, and another takes over seconds after it died.
    """
    with faults_told():
        from service.composition import compose  # noqa: PLC0415 - the whole service takes seconds to import

        konomi = compose(load_settings())
        try:
            if once:
                show(dict(konomi.projector.look()), as_json=as_json, title="Projected")
                return
            told = threading.Event()
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: told.set())
            konomi.projector.start()
            told.wait()
        finally:
            konomi.projector.stop()
            konomi.slates.close()
