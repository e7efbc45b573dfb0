"""Ad slots: who may bid, who wins, and what a click costs."""

from __future__ import annotations

import numpy as np

from service.recommender.arrays import Floats, Ints
from service.recommender.profile import Profile
from service.recommender.segments import keys_of
from service.recommender.snapshot import Snapshot


def targeted(profile: Profile, snapshot: Snapshot, rows: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which ads are meant for this person: those for everybody, and those for a segment they are in.

    An ad for several segments is for whoever is in any of them. A segment that may not be told is not targeted either,
    nor one that with the others might leave a few people outside (`SegmentSizes.audience`), so that an ad never narrows
    to a few, nor to all but a few; one of which only such are left is for nobody.
    """
    wanted = [snapshot.catalogue.segments[row] for row in rows]
    sizes = snapshot.segmentation.sizes
    audiences = {keys: sizes.audience(keys) for keys in {frozenset(one) for one in wanted} if keys}
    named = frozenset(key for keys in audiences.values() for key in keys)
    mine = keys_of(profile.traits, snapshot.segmentation, named) if named else named
    meant = (not keys or not mine.isdisjoint(audiences[frozenset(keys)]) for keys in wanted)
    return np.fromiter(meant, np.bool_, rows.size)


def meant_for(profile: Profile, snapshot: Snapshot, row: int) -> str | None:
    """Key of the segment for which a person is shown an ad: the largest of those named; None for everybody's ads."""
    named = snapshot.segmentation.sizes.audience(snapshot.catalogue.segments[row])
    mine = keys_of(profile.traits, snapshot.segmentation, named) if named else named
    return max(mine, key=lambda key: (snapshot.segmentation.sizes.told[key], key), default=None)


def auction(rows: Ints, probability: Floats, bid: Floats, campaign: list[str]) -> tuple[Ints, Floats, Floats]:
    """Order ads by the value of showing them, one per campaign; the winner pays what keeps its place.

    Parameters
    ----------
    rows : int64, shape (n,)
    probability : float32, shape (n,)
        Estimated probability of a click.
    bid : float32, shape (n,)
        Most that a click may cost; NaN offers nothing.
    campaign : campaign of each ad

    Returns
    -------
    rows : best first, at most one per campaign
    value : probability x bid of each
    price : what a click costs: the value of the next one, over the own probability; a tenth of the bid at the least

    References
    ----------
    Edelman, Ostrovsky & Schwarz, American Economic Review 2007 (generalised second price).

    >>> auction(np.array([7, 8]), np.float32([0.5, 1]), np.float32([1, 0.25]), ["a", "b"])[2].round(3)
    array([0.5  , 0.025], dtype=float32)
    """
    bid = np.nan_to_num(bid)
    value = probability * bid
    order = np.lexsort((rows, -value))
    _, first = np.unique(np.array(campaign, dtype=object)[order].astype(str), return_index=True)
    order = order[np.sort(first)]
    following = np.append(value[order][1:], 0)
    price = np.clip(following / np.maximum(probability[order], 1e-9), 0.1 * bid[order], bid[order])
    return rows[order], value[order], price.astype(np.float32)
