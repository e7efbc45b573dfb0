"""Leave one out: the last item that a person took up anew, ranked among all that they had not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.evaluation.errors import DataUnusable
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Allowed, Occasions
from service.evaluation.trial import Trial, person_keys


def leave_one_out(interactions: Interactions, keys: Sequence[str] | None = None) -> Trial:
    """Hold out, of everybody, the item whose first time came last; history is what happened strictly before.

    The whole catalogue is ranked; items of the history are masked. Who had nothing before is not asked. Of several
    items taken up at the same time, the one with the highest number is held out and the others are not used.

    Parameters
    ----------
    keys : names of the people, length n_people

    Raises
    ------
    DataUnusable
        If nobody took two items at different times.
    """
    order = np.lexsort((interactions.at, interactions.item, interactions.person))
    person, item, at = interactions.person[order], interactions.item[order], interactions.at[order]
    is_first = np.ones(order.size, np.bool_)
    is_first[1:] = (np.diff(person) != 0) | (np.diff(item) != 0)
    person, item, at = person[is_first], item[is_first], at[is_first]
    newest = np.lexsort((item, at, person))
    is_last = np.ones(newest.size, np.bool_)
    is_last[:-1] = np.diff(person[newest]) != 0
    held = newest[is_last]
    people, moment = person[held], at[held]
    start = interactions.starts[people]
    horizon = np.full(interactions.n_people, np.iinfo(np.int64).min)
    horizon[people] = moment
    before = interactions.at < horizon[interactions.person]
    end = start + np.bincount(interactions.person[before], minlength=interactions.n_people)[people]
    asked = end > start
    if not asked.any():
        raise DataUnusable("Nobody took two items at different times, so none can be left out.")
    people, truth = people[asked], item[held][asked]
    occasions = Occasions(
        person=people, keys=person_keys(keys, people), at=moment[asked], history=interactions, start=start[asked],
        end=end[asked].astype(np.int64), truth=truth, truth_start=np.arange(truth.size + 1), allowed=Allowed.NEW,
    )
    return Trial("leave-one-out", interactions, occasions, is_timed=True)
