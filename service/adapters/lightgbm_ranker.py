"""The trained ranker, in LightGBM."""

from __future__ import annotations

import lightgbm
import numpy as np

from service.recommender.arrays import Floats
from service.recommender.errors import RankerUnavailable
from service.recommender.ranking_features import COLUMN, FEATURE_NAMES


class LightgbmRanker:
    """A `Ranker` on a model in LightGBM's own text format; of the features it takes those that it was fitted on.

    Parameters
    ----------
    model_text : what training saved

    Raises
    ------
    RankerUnavailable
        If the text is no model, or one of features that this release does not know.
    """

    def __init__(self, model_text: str) -> None:
        try:
            self._booster = lightgbm.Booster(model_str=model_text)
        except (lightgbm.basic.LightGBMError, ValueError) as error:
            raise RankerUnavailable(f"The ranker's text is no LightGBM model: {error}") from error
        self.feature_names: tuple[str, ...] = tuple(self._booster.feature_name())
        if unknown := [name for name in self.feature_names if name not in COLUMN]:
            raise RankerUnavailable(f"The ranker knows features that this release does not: {', '.join(unknown)}")
        self._columns = None if self.feature_names == FEATURE_NAMES else [COLUMN[name] for name in self.feature_names]

    def ranking_scores(self, features: Floats) -> Floats:
        """Score candidates; see `Ranker`."""
        if not len(features):
            return np.empty(0, np.float32)
        try:
            known = features if self._columns is None else features[:, self._columns]
            scores = self._booster.predict(known, num_threads=1)
        except (lightgbm.basic.LightGBMError, ValueError, TypeError, IndexError) as error:
            raise RankerUnavailable(f"LightGBM could not score {features.shape} features: {error}") from error
        return np.asarray(scores, np.float32)
