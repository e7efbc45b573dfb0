"""What Strawberry is spared: documents come to it read, guarded and valid."""

from __future__ import annotations

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension


class AsRead(SchemaExtension):
    """Execute the document of the context; it was parsed and validated when it was prepared."""

    def on_parse(self) -> Iterator[None]:
        """Take the document as it was read."""
        self.execution_context.graphql_document = self.execution_context.context.document
        yield

    def on_validate(self) -> Iterator[None]:
        """Take its word that it is valid."""
        self.execution_context.pre_execution_errors = []
        yield
