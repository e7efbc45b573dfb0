"""Every failure of the offline side; the operator mends each of them.

    KonomiError
    └── ArtefactError
        ├── ArtefactMissing    no such version, or nothing published yet
        ├── ArtefactCorrupt    a file is not what its manifest says
        ├── ArtefactRefused    whole, but not good enough or not complete enough to be published
        └── TrainingImpossible the inputs hold nothing that a model could learn from
"""

from __future__ import annotations

from service.recommender.errors import KonomiError


class ArtefactError(KonomiError):
    """Something is wrong with an artefact; the text says what, where, and what to do."""


class ArtefactMissing(ArtefactError):
    """There is no such version, or none has been published yet."""


class ArtefactCorrupt(ArtefactError):
    """A file is missing, torn, altered, or of another shape than its manifest says."""


class ArtefactRefused(ArtefactError):
    """A whole artefact that must not serve: an index is missing or its recall lies below the floor."""


class TrainingImpossible(ArtefactError):
    """The inputs hold nothing to learn from."""
