"""`POST /events`: batches of events as lines of JSON, for services that bring many."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from service.graphql.caller import VISITOR_HEADER, Caller, client_key, identify
from service.graphql.errors import fault_body, incident_body
from service.graphql.event_lines import LineFault, event_of_line
from service.graphql.limits import BadRequest, read_body
from service.graphql.negotiation import JSON
from service.graphql.refusals import refusal_of
from service.graphql.services import Services
from service.recommender.backpressure import REFUSED
from service.recommender.errors import CallerFault, DependencyFault, Forbidden
from service.recommender.events import MOST_PER_CALL, Event, Recorded, Refusal
from service.recommender.identity import Identity, Scope

PATH = "/events"
MEDIA = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", JSON})
BUSY = 503


def events_route(services: Services) -> Route:
    """Make the route of the endpoint."""

    async def receive(request: Request) -> Response:
        try:
            return await _received(request, services)
        except Forbidden as fault:
            return _written(fault_body(str(fault), fault.code), 403)
        except CallerFault as fault:
            status, headers = refusal_of(fault, JSON, services.refusal_status)
            return _written(fault_body(str(fault), fault.code), status, headers)
        except DependencyFault as fault:
            status, headers = refusal_of(fault, JSON, services.refusal_status)
            return _written(incident_body(fault), status, headers)
        except ClientDisconnect:
            return _written({}, 400)

    return Route(PATH, receive, methods=["POST"])


async def _received(request: Request, services: Services) -> Response:
    caller = Caller(
        request.headers.get("authorization"), request.headers.get(VISITOR_HEADER),
        address=request.client.host if request.client else None,
    )
    identity = await identify(caller, services)
    identity.require(Scope.EVENTS_WRITE)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in MEDIA:
        raise BadRequest("Send lines of JSON in UTF-8, with Content-Type: application/x-ndjson.", 415)
    lines = [(number, line) for number, line in enumerate((await read_body(request)).split(b"\n"), 1) if line.strip()]
    if len(lines) > MOST_PER_CALL:
        raise BadRequest(f"{len(lines)} events in one call; send at most {MOST_PER_CALL}.", 413)
    now = services.recommender.clock.now().timestamp()
    services.budgets.purse(client_key(identity, caller.address), identity, now).admit(len(lines))
    with services.recorder.gate.entered() as has_room:
        if not has_room:
            return _written(_told(REFUSED, [], []), BUSY, {"Retry-After": "1"})
        recorded, events, wrong = await services.run_change(_record, services, identity, lines)
    return _written(_told(recorded, events, wrong), 200)


def _record(
    services: Services, identity: Identity, lines: Sequence[tuple[int, bytes]],
) -> tuple[Recorded, list[int], list[dict[str, object]]]:
    """Record the lines that are events; the numbers of their lines, and what is wrong with the others."""
    events: list[Event] = []
    numbers: list[int] = []
    wrong: list[dict[str, object]] = []
    for number, line in lines:
        try:
            events.append(event_of_line(line))
        except LineFault as fault:
            wrong.append(_error(number, fault.field, "INVALID", str(fault)))
        else:
            numbers.append(number)
    return services.recorder.record(identity, events), numbers, wrong


def _told(recorded: Recorded, numbers: Sequence[int], wrong: Sequence[dict[str, object]]) -> dict[str, object]:
    refused = [_refusal(one, numbers) for one in recorded.refusals]
    errors = sorted([*wrong, *refused], key=lambda one: int(str(one["line"])))
    return {"accepted": recorded.accepted, "duplicates": recorded.duplicates, "userErrors": errors}


def _refusal(refusal: Refusal, numbers: Sequence[int]) -> dict[str, object]:
    _, _, *place = refusal.field  # ("input", "events", index, name) of one, ("input", "events") of all
    number = numbers[int(place[0])] if place else 0
    return _error(number, place[1] if len(place) > 1 else "", refusal.code, refusal.message)


def _error(number: int, field: str, code: str, message: str) -> dict[str, object]:
    """Write what is wrong with a line; 0 is all of them."""
    path = ["events", *([str(number - 1)] if number else []), *([field] if field else [])]
    return {"line": number, "field": path, "code": code, "message": message}


def _written(body: Mapping[str, object], status: int, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    always = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return Response(content, status, {**always, **(headers or {})}, JSON)
