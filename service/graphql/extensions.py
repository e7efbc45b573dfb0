"""Rules of execution that plain defaults leave open."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension

from service.graphql.context import Context
from service.recommender.errors import CallerFault


class AmbiguousOperation(CallerFault):
    """A document of several operations, and no name that chooses one."""

    code = "BAD_REQUEST"


class OneOperation(SchemaExtension):
    """Refuse to guess which of several operations is meant."""

    def on_validate(self) -> Iterator[None]:
        """Look once the document is parsed and valid: this extension comes after the one that validates."""
        execution, document = self.execution_context, self.execution_context.graphql_document
        context: Context = execution.context
        definitions = document.definitions if document else ()
        several = sum(isinstance(one, OperationDefinitionNode) for one in definitions) > 1
        if several and context.operation_name is None and not execution.pre_execution_errors:
            fault = AmbiguousOperation("The document has several operations; say which by operationName.")
            execution.pre_execution_errors = [GraphQLError(str(fault), original_error=fault)]
        yield
