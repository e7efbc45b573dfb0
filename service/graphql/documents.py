"""Documents: each text is parsed, guarded, validated and priced once, off the loop, and kept while it is in use."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from threading import Lock

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationType,
    Token,
    TokenKind,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from service.graphql.cost import Cost
from service.graphql.guard import BOUNDS, Bounds, QueryTooComplex, hold
from service.graphql.guard_shape import check_shape
from service.graphql.plan import Planner
from service.graphql.schema import make_schema
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault

MOST_TOKENS_KEPT = 100_000
"""Of all documents that are kept; what is not kept is read again."""
MOST_ERRORS = 10
"""That one document is told of."""
_WRITTEN = frozenset({TokenKind.NAME, TokenKind.INT, TokenKind.FLOAT})


class NoSuchOperation(CallerFault):
    """A document that has no operation of the name, none at all, or several and no name that chooses one."""

    code = ErrorCode.BAD_REQUEST


@dataclass(frozen=True, slots=True)
class Executable:
    """An operation of a document, with what it costs."""

    type: OperationType
    cost: Cost


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read; it may be executed if it has no errors."""

    ast: DocumentNode
    operations: Mapping[str | None, Executable]
    errors: Sequence[GraphQLError]
    tokens: int

    def operation(self, name: str | None) -> Executable:
        """Find the operation that is meant.

        Raises
        ------
        NoSuchOperation
        """
        if not self.operations:
            raise NoSuchOperation("The document has no operation.")
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            raise NoSuchOperation("The document has several operations; say which by operationName.")
        if name not in self.operations:
            raise NoSuchOperation("The document has no operation of this name.")
        return self.operations[name]


class Documents:
    """Reads documents of one schema, one after another: however many are new at once, the loop stays free."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool, bounds: Bounds = BOUNDS) -> None:
        self._schema, self._bounds = schema, bounds
        secret = () if introspection else (NoSchemaIntrospectionCustomRule,)
        self._rules = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule, *secret)
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._tokens = 0
        self._lock = Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="konomi-documents")

    def known(self, text: str) -> Document | None:
        """Find a document that was read before."""
        with self._lock:
            if found := self._kept.get(text):
                self._kept.move_to_end(text)
            return found

    async def read(self, text: str) -> Document:
        """Read a document.

        Raises
        ------
        GraphQLError
            If it is no GraphQL, or its fragments go round in circles.
        QueryTooComplex
        """
        if known := self.known(text):
            return known
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.read_here, text)

    def read_here(self, text: str) -> Document:
        """Read a document on this thread; raises what `read` does."""
        if known := self.known(text):
            return known
        ast = self._parsed(text)
        check_shape(ast, self._bounds)
        plans = Planner(self._schema, ast, self._bounds).plans()
        errors = validate(self._schema, ast, self._rules, MOST_ERRORS, hide_suggestions=True)
        operations = {
            one.operation.name.value if one.operation.name else None: Executable(one.operation.operation, Cost(one))
            for one in plans
        }
        made = Document(ast, operations, errors, sum(1 for _ in _tokens(ast)))
        if not errors:
            self._keep(text, made)
        return made

    def _parsed(self, text: str) -> DocumentNode:
        bounds = self._bounds
        hold(text.count("\n") + text.count("\r"), bounds.lines, "The document has {found} lines")
        try:
            ast = parse(text, max_lexical_tokens=bounds.tokens, max_comments=bounds.comments)
        except GraphQLSyntaxError as error:
            for most, what in ((bounds.tokens, "tokens"), (bounds.comments, "comments")):
                if f"more than {most} {what}" in error.message:
                    raise QueryTooComplex(
                        f"The document has more than {most} {what}; at most {most} are allowed.",
                    ) from None
            raise
        for token in _tokens(ast):
            if token.kind in _WRITTEN:
                hold(len(token.value or ""), bounds.characters, "A name or number has {found} characters")
        return ast

    def _keep(self, text: str, document: Document) -> None:
        with self._lock:
            if text not in self._kept:
                self._kept[text] = document
                self._tokens += document.tokens
            while self._tokens > MOST_TOKENS_KEPT:
                self._tokens -= self._kept.popitem(last=False)[1].tokens


@cache
def documents(*, introspection: bool) -> Documents:
    """Make the reader of the schema's documents, once."""
    schema = make_schema()
    return Documents(schema._schema, introspection=introspection)  # noqa: SLF001 - Strawberry has no public way to it


def _tokens(ast: DocumentNode) -> Iterator[Token]:
    token = ast.loc.start_token if ast.loc else None
    while token:
        yield token
        token = token.next
