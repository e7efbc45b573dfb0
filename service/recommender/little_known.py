"""People of whom little is known yet: for them what everybody buys, and comes back for, has a say beside the ranker."""

from __future__ import annotations

import numpy as np

from service.recommender.actions import Actions
from service.recommender.arrays import Floats
from service.recommender.ports import Ranker
from service.recommender.ranking_features import COLUMN

FEW_PURCHASES = 4
POPULARITY = 0.7
RETURN = 6.0


class ReservedRanker:
    """A trained ranker that is believed less: its score, and beside it the item's popularity.

    ranker + POPULARITY · log(1 + buyers of four weeks) + RETURN · part of the buyers who came back. The ranker learns
    from people with one to four purchases too, but has little to tell them apart by, and what it then follows is partly
    noise. The weights lie between none and those with which a conditional logit foresees the next basket of such people
    (1.1 and 7): those lists would find no more, and have less of the person in them.
    """

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Those of the ranker."""
        return self._ranker.feature_names

    def ranking_scores(self, features: Floats) -> Floats:
        """Scores of the ranker, drawn to what is popular; the same person's are comparable, whatever they did."""
        popular, returned = features[:, COLUMN["buyers_28"]], features[:, COLUMN["repeat_rate"]]
        known = POPULARITY * np.nan_to_num(popular) + RETURN * np.nan_to_num(returned)
        return np.asarray(self._ranker.ranking_scores(features) + known, np.float32)


def ranker_for(actions: Actions, ranker: Ranker | None) -> Ranker | None:
    """Choose how a person's candidates are ranked: as trained, or with reserve where they bought hardly anything."""
    if ranker is None or len(actions.purchases) > FEW_PURCHASES:
        return ranker
    return ReservedRanker(ranker)
