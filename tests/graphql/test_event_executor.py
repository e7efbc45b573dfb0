"""A subscription that hears much, for long, holds no more than one that hears little."""

from __future__ import annotations

import gc
from collections.abc import AsyncGenerator

from graphql import GraphQLSchema, build_schema, parse, subscribe
from graphql.execution import Executor
from graphql.execution.incremental import IncrementalExecutor

from service.graphql.event_executor import EventExecutor
from service.graphql.schema import make_schema
from tests.coroutines import awaited

FEW, MANY = 5, 40
DOCUMENT = parse("subscription { told { item { name } } }")


def schema() -> GraphQLSchema:
    built = build_schema(
        "type Query { nothing: Int } type Subscription { told: Told } type Told { item: Item } type Item { name: String }",
    )

    async def events(*_: object) -> AsyncGenerator[dict[str, object], None]:
        for number in range(MANY):
            yield {"told": {"item": {"name": str(number)}}}

    built.get_type("Subscription").fields["told"].subscribe = events
    return built


def held_after_few_and_many(executor: type[Executor]) -> tuple[int, int]:
    async def listen() -> list[int]:
        held = []
        async for answer in subscribe(schema(), DOCUMENT, executor_class=executor):
            assert answer.errors is None
            gc.collect()
            held.append(sum(type(one).__name__ == "FieldDetails" for one in gc.get_objects()))
        assert len(held) == MANY
        return held

    held = awaited(listen())
    return held[FEW - 1], held[-1]


def test_what_was_made_of_an_event_goes_with_it():
    few, many = held_after_few_and_many(EventExecutor)
    assert many <= few


def test_graphql_core_keeps_how_the_fields_of_every_event_were_grouped():
    few, many = held_after_few_and_many(IncrementalExecutor)
    assert many >= few + MANY - FEW


def test_the_schema_is_executed_so():
    assert make_schema().execution_context_class is EventExecutor
