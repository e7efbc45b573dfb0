"""Budgets: what each client may have worked out for it, refilled as time passes."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field

from service.graphql.guard import QueryTooComplex
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault
from service.recommender.identity import Identity

MOST_CLIENTS = 50_000
"""Whose budgets are kept; that of whoever was away longest is full again, or nearly."""


class Throttled(CallerFault):
    """A client whose budget is spent; `retry_after` is when it suffices again, in whole seconds."""

    code = ErrorCode.THROTTLED

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Your budget is spent; ask again in {retry_after} s, for less at once, or less often.")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Allowance:
    """What clients may spend; a unit is about one field of an answer.

    Parameters
    ----------
    operation : the most that one operation may cost
    at_once : the most that a client can have saved up
    per_second : what flows back to it
    shared : services, and addresses, behind which there are many people, may spend so many times as much
    """

    operation: int = 50_000
    at_once: int = 500_000
    per_second: int = 10_000
    shared: int = 20


@dataclass(slots=True)
class _Budget:
    """What one client has, as of a moment; it may owe."""

    has: float
    at: float
    most: int
    per_second: int

    def at_moment(self, now: float) -> float:
        """Let flow back what the time brought; a clock that was put back brings nothing."""
        self.has = min(self.has + max(now - self.at, 0.0) * self.per_second, self.most)
        self.at = now
        return self.has

    def wait(self, amount: float) -> int:
        """Tell the whole seconds until it has this much."""
        return max(math.ceil((min(amount, self.most) - self.has) / self.per_second), 1)


@dataclass(frozen=True, slots=True)
class Purse:
    """What one request pays from: everybody it concerns pays alike."""

    budgets: tuple[_Budget, ...]
    allowance: Allowance

    def admit(self, requested: int) -> None:
        """Set aside what an operation may cost.

        Raises
        ------
        QueryTooComplex
            If no budget would ever suffice.
        Throttled
            If this one does not suffice now; nothing is set aside then.
        """
        most = self.allowance.operation
        if requested > most:
            raise QueryTooComplex(
                f"The operation costs {requested}; at most {most} is allowed. Ask for shorter lists, or fewer fields.",
            )
        self.check(requested)
        self.pay(requested)

    def check(self, amount: int = 0) -> None:
        """Hold the budgets against an amount.

        Raises
        ------
        Throttled
        """
        short = [one.wait(amount) for one in self.budgets if one.has < amount]
        if short:
            raise Throttled(max(short))

    def pay(self, amount: float) -> None:
        """Take an amount away, or give it back where it is negative."""
        for one in self.budgets:
            one.has = min(one.has - amount, one.most)


@dataclass(slots=True)
class Budgets:
    """The budgets of this process: of each of several replicas, a client has one."""

    allowance: Allowance = field(default_factory=Allowance)
    _budgets: OrderedDict[str, _Budget] = field(default_factory=OrderedDict)

    def purse(self, client: str, identity: Identity, now: float) -> Purse:
        """Find what a caller pays from.

        A visitor's name is their own word, so their address pays too: whoever makes up names gains nothing by it.

        Parameters
        ----------
        client : names the bearer of the token, else the address
        now : seconds, of any clock

        Raises
        ------
        Throttled
            If nothing is left; then not even the document is read.
        """
        person, shared = identity.person, self.allowance.shared
        is_customer = identity.service is None and person is not None and person.is_customer
        paying = [self._budget(client, 1 if is_customer else shared, now)]
        if identity.service is None and person is not None and not person.is_customer:
            paying.append(self._budget(f"{client} {person.key}", 1, now))
        purse = Purse(tuple(paying), self.allowance)
        purse.check()
        return purse

    def _budget(self, key: str, times: int, now: float) -> _Budget:
        budget = self._budgets.get(key)
        if budget is None:
            most, per_second = self.allowance.at_once * times, self.allowance.per_second * times
            budget = self._budgets[key] = _Budget(most, now, most, per_second)
            while len(self._budgets) > MOST_CLIENTS:
                self._budgets.popitem(last=False)
        self._budgets.move_to_end(key)
        budget.at_moment(now)
        return budget
