"""Choosing the embedding's settings on carved-out parts of train: coordinate descent, the same choice for a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.embedding import EmbeddingSettings, ItemEmbedding, embed
from service.evaluation import metrics
from service.evaluation.carving import Carve
from service.evaluation.retrieval import Retrieval

STEPS = (0.1, 0.05)
EXPONENTS = ("person_damping", "item_damping", "action_damping", "answer_boost", "spectrum")
SCALES = ("action_damping", "answer_boost")
"""Those that need no new decomposition."""
LEAST_GAIN = 1e-4
"""A smaller gain on the carves is chance."""
Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """Settings, and recall and NDCG at k with them, each the mean over the carves."""

    settings: EmbeddingSettings
    recall: float
    ndcg: float

    @property
    def objective(self) -> float:
        """What is maximised: the mean of the two."""
        return (self.recall + self.ndcg) / 2


class Tuner:
    """Tries settings on every carve and remembers what it tried.

    Parameters
    ----------
    carves : what is fitted on and asked
    k : length of the lists
    tell : told stage and share done
    """

    def __init__(self, carves: Sequence[Carve], k: int, tell: Tell = lambda _s, _p: None) -> None:
        self._carves, self._k, self._tell = carves, k, tell
        self._embedded: dict[tuple[int, float, float, float], list[ItemEmbedding]] = {}
        self.tried: dict[EmbeddingSettings, Tried] = {}

    def choose(self, start: EmbeddingSettings, dimensions: Sequence[int]) -> Tried:
        """Descend along the exponents at the smallest dimension, where a fit is cheap, then compare the dimensions.

        Each exponent in turn is moved a step up and a step down for as long as that helps, first with a coarse step,
        then with a fine one; the two that need no new fit once more at the largest dimension.

        Parameters
        ----------
        start : where to begin
        dimensions : that may be chosen; the smallest that is not worse than another is
        """
        best = self.measure(replace(start, dimension=min(dimensions)))
        for step in STEPS:
            best = self._descend(best, EXPONENTS, step)
        best = self._descend(self.measure(replace(best.settings, dimension=max(dimensions))), SCALES, STEPS[-1])
        sizes = [self.measure(replace(best.settings, dimension=size)) for size in sorted(dimensions)]
        reached = max(one.objective for one in sizes)
        return next(one for one in sizes if one.objective > reached - LEAST_GAIN)

    def measure(self, settings: EmbeddingSettings) -> Tried:
        """Recall and NDCG with some settings; what was tried before is not tried again."""
        if settings not in self.tried:
            self._tell(f"settings {len(self.tried) + 1}", 1 - 0.97 ** len(self.tried))
            pairs = zip(self._carves, self._embeddings(settings), strict=True)
            found = np.array([self._of(carve, embedding.rescaled(settings)) for carve, embedding in pairs])
            recall, ndcg = found.mean(axis=0)
            self.tried[settings] = Tried(settings, float(recall), float(ndcg))
        return self.tried[settings]

    def _descend(self, best: Tried, names: Sequence[str], step: float) -> Tried:
        for name in names:
            best = max((self._along(best, name, way * step) for way in (1, -1)), key=lambda one: one.objective)
        return best

    def _along(self, best: Tried, name: str, step: float) -> Tried:
        while True:
            value = round(getattr(best.settings, name) + step, 4)
            if value < 0:
                return best
            further = self.measure(replace(best.settings, **{name: value}))
            if further.objective < best.objective + LEAST_GAIN:
                return best
            best = further

    def _embeddings(self, settings: EmbeddingSettings) -> list[ItemEmbedding]:
        """Decompositions of all carves; the last few are kept, since two exponents need no new one."""
        key = settings.dimension, settings.person_damping, settings.item_damping, settings.spectrum
        if key not in self._embedded:
            while len(self._embedded) >= 2:  # noqa: PLR2004 - the best so far and the one beside it
                self._embedded.pop(next(iter(self._embedded)))
            self._embedded[key] = [embed(carve.fitted_on.took, settings) for carve in self._carves]
        return self._embedded[key]

    def _of(self, carve: Carve, embedding: ItemEmbedding) -> tuple[float, float]:
        items = Retrieval.of(embedding, carve.fitted_on.popularity).rank(carve.occasions, self._k)
        hits, sizes = metrics.hits_of(items, carve.occasions), np.diff(carve.occasions.truth_start)
        return float(metrics.recall(hits, sizes).mean()), float(metrics.ndcg(hits, sizes).mean())
