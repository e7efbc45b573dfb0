"""A person's baskets, newer ones weighing more, mixed with those of similar people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from service.evaluation.best import rank_by
from service.evaluation.contender import WEEKLY
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.recommender.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class TifuSettings:
    """Decay within a group of baskets and from group to group, baskets a group, neighbours, and one's own share."""

    within: float = 0.97
    between: float = 0.6
    group: int = 10
    neighbours: int = 100
    own: float = 0.7


class TifuKnn:
    """Temporal item frequency with user neighbourhood: own · v + (1 - own) · mean of the v of the nearest people.

    v is the mean over groups of baskets, the latest group first, of each group's mean basket; decays multiply in.
    Neighbours are as they were when the model was fitted, at least Euclidean distance, never the person themself.

    References
    ----------
    Hu et al., Modeling Personalized Item Frequency Information for Next-basket Recommendation, SIGIR 2020.
    """

    name = "tifu-knn"
    lasts = WEEKLY

    def __init__(self, settings: TifuSettings | None = None) -> None:
        self._settings = settings or TifuSettings()

    def fit(self, train: Interactions, as_of: int) -> None:  # noqa: ARG002 - all of train is before it
        """Work out everybody's vector."""
        self._popularity = train.popularity
        self._vectors = train.matrix(basket_weights(train.person, train.basket, train.at, self._settings))
        self._squares = _squares(self._vectors)
        self._known = np.flatnonzero(self._squares > 0)

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Mix own vectors with those of neighbours."""
        return rank_by(self._marks, occasions, self._popularity, k)

    def _marks(self, block: Occasions) -> csr_array:
        row, entry = block.past
        weights = basket_weights(row, block.history.basket[entry], block.history.at[entry], self._settings)
        own = block.past_matrix(weights)
        wanted = min(self._settings.neighbours, self._known.size - 1)
        if wanted < 1:
            return own
        known = self._vectors[self._known]
        distance = self._squares[self._known] - 2 * (own @ known.T).toarray()  # the asker's own square changes nothing
        distance[block.person[:, None] == self._known[None, :]] = np.inf
        near = np.argpartition(distance, wanted - 1, axis=1)[:, :wanted]
        rows = np.repeat(np.arange(len(block)), wanted)
        chosen = csr_array(
            (np.full(rows.size, 1 / wanted, np.float32), (rows, near.ravel())), shape=(len(block), self._known.size),
        )
        share = np.float32(self._settings.own)
        return csr_array(share * own + (1 - share) * (chosen @ known))


def basket_weights(person: Ints, basket: Ints, at: Ints, settings: TifuSettings) -> Floats:
    """Weigh entries by how far back their basket lies among the person's.

    Parameters
    ----------
    person, basket, at : int64, shape (n,)

    Returns
    -------
    float32, shape (n,)
        For the b-th basket of the g-th group, both counted from the latest as 0: within^b · between^g, over the
        group's size and the number of groups.

    >>> three = np.array([0, 0, 0]), np.array([4, 5, 6]), np.array([1, 2, 3])
    >>> basket_weights(*three, TifuSettings(within=0.5, between=0.1, group=2))
    array([0.05 , 0.125, 0.25 ], dtype=float32)
    """
    if not person.size:
        return np.empty(0, np.float32)
    order = np.lexsort((at, basket, person))
    is_first = np.ones(order.size, np.bool_)
    is_first[1:] = (np.diff(person[order]) != 0) | (np.diff(basket[order]) != 0)
    number = np.empty(order.size, np.int64)
    number[order] = np.cumsum(is_first) - 1  # of each entry's basket
    first = order[is_first]
    owner, latest_first = person[first], np.lexsort((-basket[first], -at[first], person[first]))
    starts = np.flatnonzero(np.append(True, np.diff(owner) != 0))
    sizes = np.diff(np.append(starts, owner.size))
    back = np.empty(owner.size, np.int64)
    back[latest_first] = np.arange(owner.size) - np.repeat(starts, sizes)
    group, within = np.divmod(back, settings.group)
    baskets = np.repeat(sizes, sizes)  # of each basket's owner
    members = np.minimum(settings.group, baskets - group * settings.group)
    groups = -(-baskets // settings.group)
    weight = settings.within**within * settings.between**group / members / groups
    return np.asarray(weight[number], np.float32)


def _squares(matrix: csr_array) -> Floats:
    return np.asarray(matrix.multiply(matrix).sum(axis=1), np.float32).ravel()
