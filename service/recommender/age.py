"""Age, as far as it protects: whether somebody is under age, and gets no profiled ads."""

from __future__ import annotations

import re
from collections.abc import Mapping

OF_AGE = 18
_BAND = re.compile(r"^\s*(?:\d+\s*[-\u2013]\s*|<\s*)(\d+)\s*$")  # 0-17, <18


def is_minor(traits: Mapping[str, object]) -> bool:
    """Whether a person is known to be under age, by birth date or by the age band that the shop told.

    >>> is_minor({"is_minor": True}), is_minor({"age_band": "13-17"}), is_minor({"age_band": "<18"})
    (True, True, True)
    >>> is_minor({"age_band": "18-24", "is_minor": False}), is_minor({"age_band": "65+"}), is_minor({})
    (False, False, False)
    """
    if traits.get("is_minor") is True:
        return True
    band = _BAND.match(str(traits.get("age_band", "")))
    return band is not None and int(band[1]) < OF_AGE + ("<" in band[0])
