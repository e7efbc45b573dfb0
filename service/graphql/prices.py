"""What fields cost: each costs 1 wherever it stands in the answer, and some cost the work behind them as well."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import GraphQLField, GraphQLList, GraphQLNonNull, GraphQLObjectType, get_named_type

from service.recommender.question import MOST_ITEMS

MOST_OF_LIST = MOST_ITEMS
"""No page is longer; a larger `first` is refused by its field."""
ASSUMED = 10
"""How long a list is taken to be that nobody can ask the length of."""
OF_CONNECTION = 200
"""What it costs to make a list that is paged."""
OF_MUTATION = 200

PAGED = frozenset({"first", "last"})
"""Arguments that say how long a list is."""
NAMING = frozenset({"ids", "representations"})
"""Arguments that name the entries of a list; each costs the field's own work."""
SIZED = frozenset({"edges", "nodes", "shelves"})
"""Lists as long as the field around them was asked to be."""

WORK: Mapping[str, int] = {
    "Customer.home": 4_000,
    "Customer.recommendations": 1_000,
    "Subscription.recommendationsUpdated": 1_000,
    "Customer.ads": 500,
    "Customer.features": 400,
    "Customer.segments": 400,
    "Customer.consents": 300,
    "Customer.hidden": 100,
    "Customer.data": 20_000,
    "Query.erasureReceipt": 100,
    "Shelf.items": 20,
    "Reason.positionWithout": 250,
    "Content.about": 20,
    "Ad.promotes": 20,
    "Query.search": 500,
    "Query.transparency": 150,
    "Recommendation.token": 2,
    "RecommendationEdge.cursor": 2,
    "Query.node": 20,
    "Query.nodes": 20,
    "Query._entities": 20,
    "Query.customer": 20,
    "Query._service": 500,
    "Query.__schema": 20_000,
    "Query.__type": 2_000,
}
"""By coordinate, in fields: one takes about ten microseconds. What describes the schema costs nothing within.

To answer `positionWithout`, a list is made again; two in three reasons rest on no action, or on one that another of the
list rests on too, and cost nothing. Whatever is told of a customer first reads their consents and features.
"""
ON_LOOP = frozenset({"Content.about", "Ad.promotes", "Query.transparency"})
"""Whose work is done on the loop itself, so that much of it is executed aside; other work waits for a thread."""
ASSUMED_OF: Mapping[str, int] = {
    "Reason.evidence": 3,
    "Customer.features": 50,
    "RecommendationConnection.treatments": 3,
    "RecommendationConnection.degraded": 3,
    "Home.treatments": 3,
    "Home.degraded": 3,
}
"""Lists of a known length."""
LONGEST_OF: Mapping[str, int] = {"Recommendation.reasons": 5}
"""Lists that are hardly ever longer, whatever is asked for."""


def work_of(coordinate: str, definition: GraphQLField | None) -> int:
    """Tell what the work behind a field costs."""
    if coordinate in WORK:
        return WORK[coordinate]
    if coordinate.startswith("Mutation."):
        return OF_MUTATION
    named = get_named_type(definition.type) if definition else None
    is_connection = isinstance(named, GraphQLObjectType) and named.name.endswith("Connection")
    return OF_CONNECTION if is_connection else 0


def is_list(definition: GraphQLField | None) -> bool:
    """Whether a field has a list of values."""
    kind = definition.type if definition else None
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)
