"""The status policy: what HTTP says of a GraphQL request that was understood and refused."""

from __future__ import annotations

from enum import StrEnum

from service.graphql.negotiation import GRAPHQL_JSON

OK, BAD_REQUEST = 200, 400


class RefusalStatus(StrEnum):
    """The status of a GraphQL request that is refused before it runs: its document or variables do not hold."""

    NEGOTIATED = "negotiated"
    """As the specification has it: 400 as application/graphql-response+json, 200 as application/json."""
    ALWAYS_200 = "200"
    """For clients and gateways that read no body of an error."""
    ALWAYS_400 = "400"
    """For monitors and gateways that read no body at all."""

    def status(self, media: str) -> int:
        """Choose the status for an answer of a media type."""
        if self is RefusalStatus.NEGOTIATED:
            return BAD_REQUEST if media == GRAPHQL_JSON else OK
        return int(self)
