"""Reading back what `konomi tune --json` printed."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

from index.embedding import EmbeddingSettings
from service.commands.terminal import CommandFault


def read_tuned(path: Path | None, seed: int, dimension: int | None = None) -> EmbeddingSettings:
    """Settings of the embedding as chosen; the defaults where no file is named.

    Parameters
    ----------
    dimension : where no file is named; the default one where left out too

    Raises
    ------
    CommandFault
        If the file is not one of `konomi tune --json`.
    """
    if path is None:
        usual = EmbeddingSettings(seed=seed)
        return usual if dimension is None else replace(usual, dimension=dimension)
    known = {field.name: type(getattr(EmbeddingSettings(), field.name)) for field in fields(EmbeddingSettings)}
    try:
        chosen = json.loads(path.read_text(encoding="utf-8"))["chosen"]
        values = {name: known[name](value) for name, value in chosen.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CommandFault(f"{path} is not what `konomi tune --json` prints ({error!r}); run it again.") from error
    return replace(EmbeddingSettings(seed=seed), **values)
