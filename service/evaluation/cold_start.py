"""Cold start: how well those are served of whom nothing, or hardly anything, is known, people and items alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from index.catalogue import read_catalogue
from index.inputs import TrainingInputs
from index.learning import TrainingSettings
from service.evaluation.bootstrap import Interval
from service.evaluation.cold_items import measure_new_items
from service.evaluation.cold_people import measure_new_people
from service.evaluation.errors import DataUnusable
from service.evaluation.timeless import timeless

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class ColdStart:
    """What was found; a measure is a situation and a length, such as ``one-action recall@10``.

    The situations are `visitor`, `one-action`, `demographics` (people), `new-item` (the hidden items, ordered among
    themselves) and `new-item-among-all` (ordered among all products).

    Attributes
    ----------
    models : by model (`random`, `most-popular`, `category-popular`, `konomi`) and measure, mean recall over people
    gains : by other model and measure, how much higher `konomi` is, paired over people
    """

    models: Mapping[str, Mapping[str, float]]
    gains: Mapping[str, Mapping[str, Interval]]


def measure_cold_start(
    inputs: TrainingInputs, *, seed: int = 7, settings: TrainingSettings | None = None, ks: tuple[int, ...] = (10, 100),
    tell: Tell = lambda _stage, _done: None,
) -> ColdStart:
    """Hide people and items, train without them, and see what they are recommended, or to whom.

    Parameters
    ----------
    inputs : features as of several moments, and everybody's baskets of the week after each but the newest;
        without `shoppers` nothing is told of demographics
    seed : of what is hidden, and of the intervals
    ks : lengths of list
    tell : told stage and share done

    Raises
    ------
    DataUnusable
        If there is no week to look at.
    """
    if not inputs.cutoffs:
        raise DataUnusable("The shop is younger than a week of purchases; there is nothing to hold out yet.")
    settings = settings or TrainingSettings()
    catalogue = timeless(read_catalogue(inputs.items, inputs.catalogue_version))
    tell("new items", 0.0)
    situations = {**measure_new_items(inputs, catalogue, settings.embedding, ks, seed)}
    tell("new people", 0.4)
    situations |= measure_new_people(inputs, catalogue, settings, ks, seed)
    models: dict[str, dict[str, float]] = defaultdict(dict)
    gains: dict[str, dict[str, Interval]] = defaultdict(dict)
    for name, situation in situations.items():
        for model, recalls in situation.recalls().items():
            models[model] |= {f"{name} recall@{k}": value for k, value in recalls.items()}
        for model, higher in situation.gains(seed).items():
            gains[model] |= {f"{name} recall@{k}": value for k, value in higher.items()}
    return ColdStart(dict(models), dict(gains))
