"""The trained ranker, in LightGBM."""

from __future__ import annotations

import lightgbm
import numpy as np

from service.recommender.errors import RankerUnavailable
from service.recommender.ports import Floats


class LightgbmRanker:
    """A `Ranker` on a model in LightGBM's own text format.

    Parameters
    ----------
    model_text : what training saved

    Raises
    ------
    RankerUnavailable
        If the text is no model.
    """

    def __init__(self, model_text: str) -> None:
        try:
            self._booster = lightgbm.Booster(model_str=model_text)
        except (lightgbm.basic.LightGBMError, ValueError) as error:
            raise RankerUnavailable(f"The ranker's text is no LightGBM model: {error}") from error
        self.feature_names: tuple[str, ...] = tuple(self._booster.feature_name())

    def ranking_scores(self, features: Floats) -> Floats:
        """Score candidates; see `Ranker`."""
        if not len(features):
            return np.empty(0, np.float32)
        try:
            scores = self._booster.predict(features, num_threads=1)
        except (lightgbm.basic.LightGBMError, ValueError, TypeError) as error:
            raise RankerUnavailable(f"LightGBM could not score {features.shape} features: {error}") from error
        return np.asarray(scores, np.float32)
