"""Every failure of the offline side.

    KonomiError
    └── ArtefactError
        ├── ArtefactMissing      no such version, or nothing published yet
        ├── ArtefactCorrupt      a file is not what its manifest says
        ├── ArtefactRefused      whole, but not good or not complete enough to be published
        └── TrainingImpossible   the inputs hold nothing that a model could learn from

The operator mends each of them; the text says what is wrong, where, and what to do.
"""

from __future__ import annotations

from service.recommender.errors import KonomiError


class ArtefactError(KonomiError):
    """Something is wrong with an artefact, or with what one is made from."""


class ArtefactMissing(ArtefactError):
    """There is no such version, or none has been published yet."""


class ArtefactCorrupt(ArtefactError):
    """A file is missing, torn, altered, or of another shape than its manifest says."""


class ArtefactRefused(ArtefactError):
    """A whole artefact that must not serve: an index is missing or its recall lies below the floor."""


class TrainingImpossible(ArtefactError):
    """The inputs hold nothing to learn from."""
