"""Learning in which order people want items: the weeks of the past, each with what was known before all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from scipy.sparse import csr_array

from index.embedding import EmbeddingSettings, embed
from index.examples import Examples, examples_of
from index.inputs import TrainingInputs
from index.interactions import interaction_matrix
from index.moments import Moment, moment, people_at
from index.placement import place
from index.ranker import RankerSettings, TrainedRanker, fit_ranker
from service.recommender.actions import Actions
from service.recommender.catalogue import Catalogue
from service.recommender.embedding import Embedding


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a version is trained."""

    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    ranker: RankerSettings = field(default_factory=RankerSettings)


def learn_embedding(
    people: Iterable[Actions], catalogue: Catalogue, text: csr_array, settings: EmbeddingSettings,
) -> Embedding:
    """Embed what people acted upon, and place the rest beside it; `text` is what `text_features` makes of the items."""
    return place(embed(interaction_matrix(list(people), len(catalogue)), settings), catalogue, text, settings)


def weekly_examples(
    inputs: TrainingInputs, catalogue: Catalogue, text: csr_array, settings: TrainingSettings,
) -> Iterator[tuple[Moment, Examples | None]]:
    """Set the shop back to each cutoff, oldest first, and make its examples; None where nobody bought a candidate.

    One embedding from before the first cutoff serves all of them, so that no label is part of what ranks it.
    """
    if not inputs.cutoffs:
        return
    earliest = people_at(inputs, inputs.cutoffs[0], catalogue)
    embedding = learn_embedding(earliest.values(), catalogue, text, settings.embedding)
    asked = settings.ranker
    for at in inputs.cutoffs:
        then = moment(inputs, at, catalogue, embedding)
        yield then, examples_of(then, asked.people_per_cutoff, asked.negatives, asked.seed)


def learn_ranker(
    inputs: TrainingInputs, catalogue: Catalogue, text: csr_array, settings: TrainingSettings,
) -> TrainedRanker | None:
    """Fit on the examples of all cutoffs; None where there are none."""
    weeks = [week for _, week in weekly_examples(inputs, catalogue, text, settings) if week]
    return fit_ranker(Examples.joined(weeks), settings.ranker) if weeks else None
