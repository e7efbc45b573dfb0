"""Robots that say so: crawlers name themselves in `User-Agent`, so that sites can leave them out of what they count.

Those that pretend to be browsers are told by their pace instead, see `marking`.
"""

from __future__ import annotations

import re

# "Cubot" is a maker of telephones. Programs of services (curl, an HTTP library) are no crawlers: they bring people's
# events for them.
_ROBOT = re.compile(
    r"(?<!cu)bot\b|robot|crawl|spider|slurp|archiver|mediapartners|facebookexternalhit|lighthouse|pingdom|uptime",
    re.IGNORECASE,
)
MOST_CHARACTERS = 1_000
"""Of a name, how many are looked at."""


def is_robot(agent: str | None) -> bool:
    """Say whether a program calls itself a robot.

    References
    ----------
    COUNTER Code of Practice, release 5.1, 7.8: what known robots and crawlers do is not counted.

    >>> is_robot("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), is_robot("Baiduspider")
    (True, True)
    >>> is_robot("Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG) Chrome/131.0 Mobile Safari/537.36"), is_robot(None)
    (False, False)
    """
    return agent is not None and _ROBOT.search(agent[:MOST_CHARACTERS]) is not None
