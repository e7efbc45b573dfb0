"""Package sizes as the source writes them, read into something a shelf label would say."""

from __future__ import annotations

import re

NUMBER = r"(?:\d+\s+\d+/\d+|\d+/\d+|\d*\.\d+|\d+)"
UNITS = {
    "OZ": ("oz", "オンス"),
    "Z": ("oz", "オンス"),
    "OZS": ("oz", "オンス"),
    "LB": ("lb", "ポンド"),
    "LBS": ("lb", "ポンド"),
    "CT": ("ct", "個入り"),
    "PC": ("pc", "個入り"),
    "PK": ("pack", "個パック"),
    "ML": ("ml", "ml"),
    "L": ("L", "L"),
    "LRT": ("L", "L"),
    "GAL": ("gal", "ガロン"),
    "GA": ("gal", "ガロン"),
    "QT": ("qt", "クォート"),
    "PT": ("pt", "パイント"),
    "G": ("g", "g"),
    "GM": ("g", "g"),
    "IN": ("in", "インチ"),
    "FT": ("ft", "フィート"),
    "SQ FT": ("sq ft", "平方フィート"),
    "STEM": ("stems", "本"),
    "STEMS": ("stems", "本"),
    "LOAD": ("loads", "回分"),
    "LOADS": ("loads", "回分"),
    "LD": ("loads", "回分"),
    "LDS": ("loads", "回分"),
    "DZ": ("dozen", "ダース"),
    "DOZ": ("dozen", "ダース"),
    "ROLL": ("rolls", "ロール"),
    "SHEETS": ("sheets", "枚"),
}
TIMES = "\N{MULTIPLICATION SIGN}"
ALONE = {"GAL": "1 GAL", "PT": "1 PT", "QT": "1 QT", "LB": "1 LB", "L": "1 L", "DZ": "1 DZ", "DOZ": "1 DZ"}
ALONE |= {"HALF GAL": "1/2 GAL"}
UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
MEASURE = re.compile(rf"(?P<number>{NUMBER})[\s-]*(?:FL )?(?P<unit>{UNIT})\b")
CASES = re.compile(rf"^(?P<count>\d+)\s*(?:PK|P|CT)\s*/?\s*(?P<each>{NUMBER})\s*(?P<unit>OZ|Z|L|LRT|ML|GAL)\b")
PAIR = re.compile(r"^(?P<count>\d{1,2})-(?P<each>\d+(?:\.\d+)?)\s*(?P<unit>OZ)\b")


def readable_size(raw: str | None) -> tuple[str, str] | None:
    """Read a package size.

    Parameters
    ----------
    raw : the source's text, such as "1/2 GAL", "12 PK/12 OZ" or "P    10 OZ"

    Returns
    -------
    tuple of str or None
        English and Japanese; None where the text says nothing a person would understand.

    >>> readable_size("P    .5 OZ")
    ('0.5 oz', '0.5オンス')
    >>> readable_size("SCAN KPC") is None
    True
    """
    if not raw:
        return None
    text = ALONE.get(raw.strip(), raw.strip())
    cases = CASES.match(text) or PAIR.match(text)
    if cases and cases["count"] != "1":
        each, (english, japanese) = _number(cases["each"]), UNITS[cases["unit"]]
        return f"{cases['count']} {TIMES} {each} {english}", f"{each}{japanese}{TIMES}{cases['count']}"
    measure = MEASURE.search(text)
    if measure is None:
        return None
    number, (english, japanese) = _number(measure["number"]), UNITS[measure["unit"]]
    if number == "1":
        english = english.removesuffix("s") if english in {"stems", "loads", "rolls", "sheets"} else english
    return (f"{number}-pack" if english == "pack" else f"{number} {english}"), f"{number}{japanese}"


def _number(text: str) -> str:
    return re.sub(r"\s+", " ", f"0{text}" if text.startswith(".") else text)
