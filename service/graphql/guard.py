"""The guard: how large a document and its variables may be, so that nothing after it can be made to take long.

Everything here is linear in what was sent, looks at each fragment once, and runs before validation, whose comparison
of overlapping fields is not linear.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault


class QueryTooComplex(CallerFault):
    """An operation beyond a bound; the text says which one, how much was found, and what is allowed."""

    code = ErrorCode.QUERY_TOO_COMPLEX


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may hold.

    Parameters
    ----------
    lines : of a document; each error looks for its own
    characters : of one name or number in a document
    tokens : names, punctuation and values of a document
    comments : of a document
    operations : of a document
    fragments : that a document defines
    directives : that a document applies
    aliases : that a document gives
    depth : fields inside fields, fragments put in place
    root_fields : of one operation, fragments put in place
    selections : fields and spreads of the whole document, fragments put in place
    repeats : of one response name in one place, which validation compares pair by pair
    variable_depth : lists and objects inside each other
    variable_entries : values in all variables together
    variable_items : entries of one list, or of one object
    variable_characters : of one text
    """

    lines: int = 5_000
    characters: int = 256
    tokens: int = 2_000
    comments: int = 1_000
    operations: int = 20
    fragments: int = 60
    directives: int = 50
    aliases: int = 50
    depth: int = 16
    root_fields: int = 20
    selections: int = 1_000
    repeats: int = 20
    variable_depth: int = 10
    variable_entries: int = 10_000
    variable_items: int = 1_000
    variable_characters: int = 20_000


BOUNDS = Bounds()


def hold(found: int, most: int, sentence: str) -> None:
    """Hold a count against its bound; `sentence` tells it, with `{found}` where the number stands.

    Raises
    ------
    QueryTooComplex
    """
    if found > most:
        raise QueryTooComplex(f"{sentence.format(found=found)}; at most {most} {'is' if most == 1 else 'are'} allowed.")
