"""What a reader must know about the demo's data, in sentences, wherever its dates and numbers are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.demo.products import STOCK_WEEKS
from service.demo.wording import words

if TYPE_CHECKING:
    from service.demo.shift import Shift


def facts(shift: Shift) -> dict[str, str]:
    """State in English and Japanese what was moved, what was made up, and what counts as in stock."""
    sentences = words("facts").items()
    told = {name: text.format(weeks=shift.weeks, stock_weeks=STOCK_WEEKS) for name, text in sentences}
    return {"shift_weeks": str(shift.weeks), **told}
