"""Secrets among the settings: out of the environment or out of files that it names, and shown to nobody."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

IN_FILE = "_FILE"
"""After the name of a secret setting: the file that holds it, as orchestrators mount them."""
HIDDEN = "**********"
_USERINFO = re.compile(r"//[^/?#]*@")


def with_files_read(environment: Mapping[str, str], secrets: Collection[str]) -> dict[str, str]:
    """Put what the files hold in the place of their names.

    Parameters
    ----------
    secrets : names of settings that may be given so

    Raises
    ------
    ValueError
        If a file cannot be read or is empty, or if the secret is given both ways; the text tells no secret.
    """
    read = dict(environment)
    for name in secrets:
        path = read.pop(name + IN_FILE, None)
        if path is None:
            continue
        if name in read:
            raise ValueError(f"{name} and {name}{IN_FILE} are both set; unset one of them")
        try:
            read[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
            raise ValueError(f"{name}{IN_FILE}: {path} cannot be read ({why})") from None
        if not read[name]:
            raise ValueError(f"{name}{IN_FILE}: {path} is empty")
    return read


def without_credentials(shown: str) -> str:
    """Hide whatever an address has before its host.

    >>> without_credentials("ftp://konomi:hush@files.example/versions")
    'ftp://**********@files.example/versions'
    """
    return _USERINFO.sub(f"//{HIDDEN}@", shown)
