"""What can go wrong while measuring.

BenchmarkFault
├── ServerFault   a server did not come up, or died
└── AnswerFault   an answer was not what was asked for, so that its time means nothing
"""

from __future__ import annotations


class BenchmarkFault(Exception):
    """The measurement cannot be made; the text says why and what to do."""


class ServerFault(BenchmarkFault):
    """A server or the load generator did not come up, or died."""


class AnswerFault(BenchmarkFault):
    """An answer was refused, empty, or carried errors."""
