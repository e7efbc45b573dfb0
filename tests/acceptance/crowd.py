"""A crowd in the shop: pages, feeds, deeds, decisions, complaints and open sockets, all mixed, at a pace that is set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Self

import numpy as np
from websockets.exceptions import ConnectionClosed

from service.adapters.system_clock import SystemClock
from tests.acceptance.running import Server
from tests.acceptance.test_subscriptions import LISTEN, Listener, connected

SHOPPERS, LISTENERS = 6, 6
PLACE = "item { itemId } token"
HOME = f"""{{ viewer {{ home {{ degraded {{ part }} hero {{ {PLACE} }} shelves {{ key title reason {{ text }} items(first: 12) {{
  nodes {{ {PLACE} reasons {{ code text }} }} }} }} }} ads(placement: "home") {{ nodes {{ {PLACE} }} }} }} }}"""
FEED = f"""query ($after: String) {{ viewer {{ recommendations(first: 20, after: $after) {{
  degraded {{ part }} nodes {{ {PLACE} reasons {{ text }} }} pageInfo {{ endCursor hasNextPage }} }} }} }}"""
ONESELF = "{ viewer { segments { title because } features { name value } consents { purpose granted } hidden { itemId } } }"
RECORD = "mutation ($events: [EventInput!]!) { recordEvents(input: {events: $events}) { accepted userErrors { code field } } }"
FEEDBACK = """mutation ($itemId: String!, $undo: Boolean!) {
  giveFeedback(input: {kind: HIDE_ITEM, itemId: $itemId, undo: $undo}) { userErrors { code field } } }"""
DECIDE = """mutation ($grants: [Purpose!]!, $withdrawals: [Purpose!]!) {
  setConsents(input: {grants: $grants, withdrawals: $withdrawals, wording: "May we?"}) { userErrors { code field } } }"""
GRANTED = ["PERSONALISE_CONTENT", "PERSONALISE_ADS", "MEASURE"]



@dataclass(frozen=True)
class Act:
    """What a deed goes by: its own lot and name, and the headers by which whoever does it is known."""

    draw: np.random.Generator
    name: str
    who: Mapping[str, str]


class Crowd:
    """People who act until told to stop; `faults` is whatever did not go as it should.

    Parameters
    ----------
    people : customers of the shop
    """

    def __init__(self, server: Server, people: Sequence[str], seed: int) -> None:
        self._server, self._people, self._seed = server, people, seed
        self._wavering, self._steadfast = people[::4], [one for place, one in enumerate(people) if place % 4]
        self._numbers = count()
        self._left = threading.Event()
        self.acts = self.degraded = self.heard = 0
        self.faults: list[str] = []
        self._deeds: list[tuple[float, Callable[[Act], None]]] = [
            (0.30, self._look), (0.20, self._leaf), (0.22, self._do), (0.05, self._complain), (0.05, self._change_mind),
            (0.08, self._come_by), (0.05, self._look_at_oneself), (0.05, self._listen_in),
        ]

    def __enter__(self) -> Self:
        """Let everybody consent, and some listen all the while."""
        for person in self._people:
            self._server.ask(DECIDE, person, {"grants": GRANTED, "withdrawals": []})
        self._listeners = [threading.Thread(target=self._listen, args=(person,)) for person in self._people[:LISTENERS]]
        for listener in self._listeners:
            listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        for listener in self._listeners:
            listener.join()

    def act(self, seconds: float, per_second: float | None = None) -> float:
        """Act for a while, as quickly as can be or at a pace; returns the acts a second that were reached."""
        began, turns = time.monotonic(), count()

        def keep_acting() -> int:
            acts = 0
            while True:
                due = next(turns) / per_second if per_second else time.monotonic() - began
                if due >= seconds:
                    return acts
                self._left.wait(max(began + due - time.monotonic(), 0))
                self._act(next(self._numbers))
                acts += 1

        with ThreadPoolExecutor(SHOPPERS) as shoppers:
            acts = sum(one.result() for one in [shoppers.submit(keep_acting) for _ in range(SHOPPERS)])
        self.acts += acts
        return acts / (time.monotonic() - began)

    def _act(self, number: int) -> None:
        draw = np.random.default_rng([self._seed, number])
        shares, deeds = zip(*self._deeds, strict=True)
        deed = deeds[draw.choice(len(deeds), p=shares)]
        # A list ends with the consent that it rests on: nobody may leaf through one while they withdraw.
        people = self._wavering if deed == self._change_mind else self._steadfast
        person = people[draw.integers(len(people))]
        try:
            deed(Act(draw, f"{self._seed}-{number}", {"authorization": f"Bearer {self._server.token(person)}"}))
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong is what is looked for
            self.faults.append(f"{deed.__name__} of {number}: {fault!r}")

    def _ask(self, query: str, act: Act, **variables: Any) -> dict[str, Any]:
        answer = self._server.ask(query, variables=variables, headers=act.who)
        told = next(iter(answer.values()))
        assert not (isinstance(told, dict) and told.get("userErrors")), told
        return answer

    def _look(self, act: Act) -> None:
        home = self._ask(HOME, act)["viewer"]["home"]
        assert home["shelves"]
        self.degraded += bool(home["degraded"])

    def _leaf(self, act: Act) -> None:
        seen, after = set(), None
        for _ in range(act.draw.integers(2, 5)):
            page = self._ask(FEED, act, after=after)["viewer"]["recommendations"]
            seen |= {place["item"]["itemId"] for place in page["nodes"]}
            self.degraded += bool(page["degraded"])
            after = page["pageInfo"]["endCursor"]
        assert len(seen) > 20

    def _first_places(self, act: Act) -> list[dict[str, Any]]:
        places: list[dict[str, Any]] = self._ask(FEED, act)["viewer"]["recommendations"]["nodes"]
        return places

    def _do(self, act: Act) -> None:
        place = self._first_places(act)[act.draw.integers(20)]
        about = {"itemId": place["item"]["itemId"], "token": place["token"]}
        bought = {"quantity": "1", "amount": "2.50", "basketId": act.name}
        deeds = [("CLICK", about), ("VIEW", about), ("ADD_TO_CART", about), ("PURCHASE", about | bought), ("SEARCH", {"text": f"tea {act.name}"})]
        now = SystemClock().now().isoformat()
        events = [
            {"eventId": f"{act.name}-{kind}", "type": kind, "occurredAt": now, **more}
            for kind, more in deeds[: act.draw.integers(1, len(deeds) + 1)]
        ]
        assert self._ask(RECORD, act, events=events)["recordEvents"]["accepted"] == len(events)

    def _complain(self, act: Act) -> None:
        hidden = self._first_places(act)[act.draw.integers(20)]["item"]["itemId"]
        for undo in (False, True):
            self._ask(FEEDBACK, act, itemId=hidden, undo=undo)

    def _change_mind(self, act: Act) -> None:
        purpose = [GRANTED[act.draw.integers(len(GRANTED))]]
        self._ask(DECIDE, act, grants=[], withdrawals=purpose)
        self._ask(DECIDE, act, grants=purpose, withdrawals=[])

    def _come_by(self, act: Act) -> None:
        """Be somebody who was never here, and looks around, and does something."""
        stranger = replace(act, who={"x-konomi-visitor": f"passer-by-of-the-village-{act.name}"})
        self._ask(DECIDE, stranger, grants=GRANTED[: act.draw.integers(1, 4)], withdrawals=[])
        for deed in (self._look, self._do, self._leaf):
            deed(stranger)

    def _look_at_oneself(self, act: Act) -> None:
        assert self._ask(ONESELF, act)["viewer"]["consents"]

    def _listen_in(self, act: Act) -> None:
        with connected(self._server) as listener:
            listener.begin(act.who).listen()

    def _listen(self, person: str) -> None:
        with connected(self._server) as listener:
            listener.begin({"authorization": f"Bearer {self._server.token(person)}"})
            listener.say({"type": "subscribe", "id": "1", "payload": {"query": LISTEN}})
            while not self._left.is_set():
                self._hear(listener)

    def _hear(self, listener: Listener) -> None:
        try:
            told = listener.hear(0.5)
        except TimeoutError:
            return
        except ConnectionClosed as closed:
            self.faults.append(f"a socket was closed: {closed!r}")
            self._left.wait()
            return
        if told["type"] != "next" or "errors" in told["payload"]:
            self.faults.append(f"a socket heard {told}")
        self.heard += 1
