"""`konomi serve` and `konomi schema`."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from service.commands.terminal import AsJson, CommandFault, faults_told, show
from service.settings import Settings, load_settings
from service.settings_auth import is_loopback

DRAIN_SECONDS = 20
"""What is under way when it is told to stop may take so long; the chart's terminationGracePeriodSeconds holds it."""


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until told to stop.

    Raises
    ------
    CommandFault
        If strangers could reach a service that has no issuer to tell who they are.
    """
    import uvicorn  # noqa: PLC0415

    from service.adapters.discreet_log import LOGGING  # noqa: PLC0415
    from service.adapters.uvicorn_protocol import Patience, protocol  # noqa: PLC0415
    from service.adapters.uvicorn_websocket import BoundedWebSocket  # noqa: PLC0415
    from service.graphql.websocket_messages import MOST_FRAME_BYTES  # noqa: PLC0415

    auth, here = settings.auth, is_loopback(host)
    if auth.development and not here:
        raise CommandFault(
            f"The development issuer is for loopback, not {host}; set KONOMI_AUTH__ISSUER and KONOMI_AUTH__AUDIENCE in "
            "place of KONOMI_AUTH__DEVELOPMENT.",
        )
    if auth.issuer is None and not here:
        raise CommandFault(
            f"Without an issuer konomi serves loopback only, not {host}; set KONOMI_AUTH__ISSUER and its audience.",
        )
    if auth.issuer is None and not auth.development:
        raise CommandFault(
            "Nobody could sign in: set KONOMI_AUTH__ISSUER and KONOMI_AUTH__AUDIENCE, or, on loopback, "
            "KONOMI_AUTH__DEVELOPMENT=true.",
        )
    http = settings.http
    patience = Patience(http.header_seconds, http.body_seconds, http.idle_seconds)
    signal.signal(signal.SIGTERM, _ended)  # uvicorn drains first, and raises the signal anew
    uvicorn.run(
        "service.app:create_app", factory=True, host=host, port=port, workers=workers, log_level="warning",
        log_config=LOGGING, access_log=False, server_header=False, timeout_graceful_shutdown=DRAIN_SECONDS,
        ws=BoundedWebSocket, ws_max_size=MOST_FRAME_BYTES, http=protocol(patience),  # type: ignore[arg-type]  # makes one, as a type does
        proxy_headers=bool(http.proxies), forwarded_allow_ips=http.proxies,
    )


def _ended(_signal: int, _frame: FrameType | None) -> None:
    """End well: being told to stop is no failure."""
    sys.exit(0)


def serve_command(
    host: Annotated[str, typer.Option(help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
) -> None:
    """Serve GraphQL, the storefront page and the probes."""
    with faults_told():
        serve(load_settings(), host, port, workers)


def schema_command(as_json: AsJson = False) -> None:
    """Print the SDL."""
    from service.graphql.schema import sdl  # noqa: PLC0415

    if as_json:
        show({"sdl": sdl()}, as_json=True)
    else:
        sys.stdout.write(sdl())
