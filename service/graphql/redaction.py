"""What graphql-core says of a request without the values that it repeats: they may be a person's, and errors travel.

Clients report errors to services of others, and proxies log them; whoever sent a value knows it. Names of a document
(its fields, types and variables) are the client's code, and stay; so do misspelt names of fields and of enum values.
"""

from __future__ import annotations

import re

_VALUES: tuple[tuple[re.Pattern[str], str], ...] = tuple((re.compile(pattern, re.DOTALL), told) for pattern, told in (
    (r"[,;.]? (found|Found): .*", "."),
    (r"unknown field '(?![A-Za-z_]\w*'\.?$).*", "an unknown field."),
    (r"Value '(?![A-Z_]+').*?' does not exist", "The value does not exist"),
    (r"(cannot represent [\w -]*?value): .*", r"\1."),
    (r"\b(Name|String|BlockString|Int|Float|Comment) (\"|').*\2", r"\1"),
))


def without_values(message: str) -> str:
    """Leave out values.

    >>> without_values("Variable '$e' has invalid value at .at: Expected value of type 'Date', found: 'a@b.example'.")
    "Variable '$e' has invalid value at .at: Expected value of type 'Date'."
    >>> without_values("Value 'STOLE' does not exist in 'EventType' enum.")
    "Value 'STOLE' does not exist in 'EventType' enum."
    >>> without_values("Int cannot represent non-integer value: '+81 90 1234 5678'")
    'Int cannot represent non-integer value.'
    >>> without_values('Syntax Error: Expected Name, found String "a@b.example".')
    'Syntax Error: Expected Name, found String.'
    """
    for values, told in _VALUES:
        message = values.sub(told, message)
    return message
