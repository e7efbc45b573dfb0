"""Inputs that are read faster than Strawberry reads them are what it would make of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from graphql import coerce_input_value
from strawberry.types import get_object_definition
from strawberry.types.arguments import convert_argument

from service.graphql.mutation_inputs import EventInput, RecordEventsInput
from service.graphql.schema import make_schema

LEAST = {"eventId": "e1", "type": "VIEW", "occurredAt": "2026-03-02T09:00:00+09:00"}
MOST = LEAST | {
    "customerId": "c", "visitorId": "v", "itemId": "p", "channel": "APP", "token": "t", "quantity": "1", "amount": "2.50",
    "discount": "0.1", "value": "5", "text": "好み", "topic": "tea", "basketId": "b", "messageId": "m", "offerCode": "o",
    "inReplyTo": "r",
}


@pytest.mark.parametrize("event", [LEAST, MOST, LEAST | {"itemId": None, "channel": None}])
def test_an_event_is_what_its_fields_are_one_by_one(event: Mapping[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    schema = make_schema()
    said = coerce_input_value({"events": [event]}, schema._schema.get_type("RecordEventsInput"))

    def read() -> RecordEventsInput:
        return convert_argument(said, RecordEventsInput, schema.schema_converter.scalar_registry, schema.config, None, path=())

    at_once = read()
    assert len(MOST) == len(get_object_definition(EventInput, strict=True).fields), "every field is held against it"
    monkeypatch.setattr(get_object_definition(EventInput, strict=True), "from_input", None)
    assert at_once == read()
