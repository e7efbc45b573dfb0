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
    first_times = interactions.first_of_each(interactions.item)
    by_time = np.lexsort((first_times.item, first_times.at, first_times.person))
    people = np.flatnonzero(np.diff(first_times.starts)).astype(np.int64)
    held = by_time[first_times.starts[people + 1] - 1]
    moment, start = first_times.at[held], interactions.starts[people]
    end = interactions.ends_before(people, moment)
    asked = end > start
    if not asked.any():
        raise DataUnusable("Nobody took two items at different times, so none can be left out.")
    people, truth = people[asked], first_times.item[held][asked]
    occasions = Occasions(
        person=people, keys=person_keys(keys, people), at=moment[asked], history=interactions, start=start[asked],
        end=end[asked], truth=truth, truth_start=np.arange(truth.size + 1), allowed=Allowed.NEW,
    )
    return Trial("leave-one-out", interactions, occasions, is_timed=True)
