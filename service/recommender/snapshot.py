"""All that stays the same between two publishes: items, models, and orders worked out once instead of per request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from service.recommender.actions import Actions
from service.recommender.arrays import Floats, Ints
from service.recommender.arrivals import Arrivals
from service.recommender.catalogue import SEPARATOR, Catalogue, ItemKind
from service.recommender.circumstances import UNKNOWN, Circumstances
from service.recommender.embedding import Embedding
from service.recommender.expected_demand import expected_demand
from service.recommender.item_features import ItemFeatures
from service.recommender.person_view import PersonView
from service.recommender.ports import CandidateSource, Ranker
from service.recommender.segmentation import NO_SEGMENTATION, Segmentation
from service.recommender.subjects import Subjects
from service.recommender.title_search import TitleSearch

PRODUCTS_ABOUT = 12


@dataclass(frozen=True)
class Snapshot:
    """One version of everything that is served; replaced as a whole, never changed."""

    catalogue: Catalogue
    items: ItemFeatures
    embedding: Embedding
    neighbours: Mapping[ItemKind, CandidateSource]
    ranker: Ranker | None
    versions: Mapping[str, str] = field(default_factory=dict)
    segmentation: Segmentation = NO_SEGMENTATION
    parameter_weights: Mapping[str, float] = field(default_factory=dict)
    """Part that each ranking feature has in the model, by name; they sum to 1."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What must be said about the data, by language."""

    def person(self, actions: Actions, now: int, here: Circumstances = UNKNOWN) -> PersonView:
        """See a person who did something, at a time (epoch seconds) and in its circumstances."""
        return PersonView(actions, now, self.catalogue, self.items, self.embedding, here)

    def warm(self) -> None:
        """Work out what every list needs, once, so that no request does; `titles` takes seconds and can come after."""
        for kind in ItemKind:
            _ = self.popular(kind)
        catalogue = self.catalogue
        _ = (catalogue.row_of, catalogue.discount_rate, catalogue.path, catalogue.department, catalogue.brand)
        _ = (self.on_sale, self.vector_norm, self.arrivals, self.by_path)
        _ = (self.subjects, self.category_popularity, self.sold_in_category, self.sold_of_line)
        _ = self.expected_demand

    @cached_property
    def titles(self) -> TitleSearch:
        """Search over titles in every language."""
        return TitleSearch(self.catalogue, self.items.buyers_91)

    def popular(self, kind: ItemKind) -> Ints:
        """Rows of a kind, most bought (or read) of the last four weeks first."""
        return self._popular[kind]

    @cached_property
    def _popular(self) -> dict[ItemKind, Ints]:
        weight = (self.items.buyers_28 + self.items.buyers_91 / 1000).astype(np.float32)
        return {kind: _best(self.catalogue.of_kind(kind), weight) for kind in ItemKind}

    @cached_property
    def on_sale(self) -> Ints:
        """Products on discount, most bought first."""
        rows = self.popular(ItemKind.PRODUCT)
        return rows[self.catalogue.discount_rate[rows] > 0]

    @cached_property
    def arrivals(self) -> Mapping[ItemKind, Arrivals]:
        """Items of each kind by when they came in."""
        return {kind: Arrivals.of(self.catalogue.of_kind(kind), self.first_seen) for kind in ItemKind}

    @cached_property
    def first_seen(self) -> Ints:
        """Epoch seconds when an item came in: its `available_from`, else its first sale; largest int64 if neither."""
        given = self.catalogue.available_from
        known = given > np.iinfo(np.int64).min
        return np.where(known, given, self.items.first_sold_at)

    @cached_property
    def vector_norm(self) -> Floats:
        """Length of each item's answering vector, shape (n_items,)."""
        length = np.sqrt(np.einsum("ij,ij->i", self.embedding.vectors, self.embedding.vectors, dtype=np.float32))
        return np.asarray(length * self.embedding.answer_scale, np.float32)

    def cosines(self, vector: Floats, rows: Ints) -> Floats:
        """Tell how near items lie to a person's vector, in [-1, 1], shape (n_rows,); 0 where that has no length.

        Parameters
        ----------
        vector : float32, shape (dimension,)
        """
        length = float(np.linalg.norm(vector))
        if not length:
            return np.zeros(rows.size, np.float32)
        norm = np.maximum(self.vector_norm[rows] * length, 1e-9)
        return np.asarray(self.embedding.retrieval_scores(vector, rows) / norm, np.float32)

    @cached_property
    def by_path(self) -> dict[int, Ints]:
        """The most bought products of each category path, by its code."""
        rows = self.popular(ItemKind.PRODUCT)
        codes = self.catalogue.path[rows]
        order = np.argsort(codes, kind="stable")
        cuts = np.flatnonzero(np.diff(codes[order])) + 1
        groups = np.split(rows[order], cuts)
        return {int(self.catalogue.path[group[0]]): group[:50] for group in groups if group.size}

    @cached_property
    def subjects(self) -> Subjects:
        """What contents are about and ads promote."""
        return Subjects.of(self.catalogue)

    @cached_property
    def category_popularity(self) -> Floats:
        """Log of the purchases of four weeks in each category, shape (n_categories,)."""
        total = np.bincount(self.catalogue.path, self.items.buyers_28, len(self.catalogue.paths))
        return np.log1p(total).astype(np.float32)

    @cached_property
    def sold_in_category(self) -> Floats:
        """Number of items of each category that sold within a quarter, shape (n_categories,)."""
        sold = np.bincount(self.catalogue.path, self.items.buyers_91 > 0, len(self.catalogue.paths))
        return sold.astype(np.float32)

    @cached_property
    def sold_of_line(self) -> Floats:
        """Number of items of each brand in each department that sold within a quarter, shape (n_lines,)."""
        return np.bincount(self.catalogue.line, self.items.buyers_91 > 0).astype(np.float32)

    @cached_property
    def expected_demand(self) -> Floats:
        """Demand that an item's kind lets expect, shape (n_items,)."""
        return expected_demand(self.catalogue, self.items)

    def about(self, row: int) -> Ints:
        """Popular products that a content is about (by category and tags), or that an ad promotes."""
        catalogue = self.catalogue
        promoted = catalogue.texts.promotes[row]
        if promoted:
            rows = catalogue.rows_of(promoted)
            return _best(rows[rows >= 0], self.items.buyers_28)
        topics = [SEPARATOR.join(catalogue.texts.category[row]), *catalogue.texts.tags[row]]
        found = [rows for topic in filter(None, topics) if (rows := self._popular_under(topic)).size]
        if not found:
            return np.empty(0, np.int64)
        longest = max(map(len, found))
        mixed = [int(rows[at]) for at in range(longest) for rows in found if at < len(rows)]
        return np.array(list(dict.fromkeys(mixed)), np.int64)

    def _popular_under(self, topic: str) -> Ints:
        """The most bought products of the categories that a topic names: sorted once, whoever asks for it again."""
        if topic not in self._by_topic:
            paths = map(int, self.catalogue.paths_under(topic))
            under = [self.by_path[code] for code in paths if code in self.by_path]
            rows = np.concatenate(under) if under else np.empty(0, np.int64)
            self._by_topic[topic] = _best(rows, self.items.buyers_28)[:PRODUCTS_ABOUT]
        return self._by_topic[topic]

    @cached_property
    def _by_topic(self) -> dict[str, Ints]:
        """What has been looked up; a catalogue has no more topics than categories and tags of its contents."""
        return {}


def _best(rows: Ints, weight: Floats) -> Ints:
    return rows[np.lexsort((rows, -weight[rows]))]
