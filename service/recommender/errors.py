"""Every failure that the core knows, grouped by who can mend it.

    KonomiError
    ├── CallerFault              what was sent cannot be answered; the caller mends it
    │   ├── InvalidArgument        a value out of its range or form
    │   ├── InvalidCursor          forged, foreign or torn
    │   ├── SlateExpired           the frozen list is gone; start anew
    │   ├── Unauthenticated        no, or no valid, identity
    │   │   └── InvalidToken         a token that does not hold
    │   ├── Forbidden              a valid identity without the right
    │   └── PersonErased           whom it is about was erased; nothing of them is kept
    └── DependencyFault          a store or model did not answer; the operator mends it
        ├── FeaturesUnavailable
        ├── IndexUnavailable
        ├── RankerUnavailable
        ├── ConsentsUnavailable
        ├── EventsUnavailable
        ├── SlatesUnavailable
        ├── IssuerUnavailable
        └── DocumentsUnavailable

`code` is what GraphQL clients meet, `part` what `degraded` says.
"""

from __future__ import annotations

from typing import ClassVar

from service.recommender.error_codes import ErrorCode


class KonomiError(Exception):
    """Root of the tree."""


class CallerFault(KonomiError):
    """The caller sent what cannot be answered; the text says what is wrong and what to do."""

    code: ClassVar[ErrorCode] = ErrorCode.BAD_USER_INPUT


class InvalidArgument(CallerFault):
    """A value is out of its range or form."""


class InvalidCursor(CallerFault):
    """A cursor that this service did not give to this person for this list."""

    code = ErrorCode.INVALID_CURSOR


class SlateExpired(CallerFault):
    """The frozen list behind a cursor is gone; ask for the first page again."""

    code = ErrorCode.SLATE_EXPIRED


class Unauthenticated(CallerFault):
    """No identity, or one that does not hold."""

    code = ErrorCode.UNAUTHENTICATED


class InvalidToken(Unauthenticated):
    """A token that does not hold: torn, forged, foreign, or out of its time."""


class Forbidden(CallerFault):
    """A valid identity that may not do this."""

    code = ErrorCode.FORBIDDEN


class PersonErased(CallerFault):
    """Whom it is about was erased, and nothing of them is kept until they begin anew by themselves."""

    code = ErrorCode.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("This person was erased; nothing of them is kept until they consent to something anew.")


class DependencyFault(KonomiError):
    """A store or model did not answer; the answer is made from what is left."""

    part: ClassVar[str] = "INTERNAL"


class FeaturesUnavailable(DependencyFault):
    """The online feature store did not answer."""

    part = "FEATURES"


class IndexUnavailable(DependencyFault):
    """The nearest-neighbour index is missing or failed."""

    part = "INDEX"


class RankerUnavailable(DependencyFault):
    """The trained ranker is missing or failed."""

    part = "RANKER"


class ConsentsUnavailable(DependencyFault):
    """The consent ledger did not answer; nobody is profiled meanwhile."""

    part = "CONSENTS"


class EventsUnavailable(DependencyFault):
    """The event log did not answer."""

    part = "EVENTS"


class SlatesUnavailable(DependencyFault):
    """The slate store did not answer."""

    part = "SLATES"


class IssuerUnavailable(DependencyFault):
    """The identity provider's keys could not be read, so a token can be neither believed nor refused."""

    part = "ISSUER"


class DocumentsUnavailable(DependencyFault):
    """The registered documents cannot be read."""

    part = "DOCUMENTS"
