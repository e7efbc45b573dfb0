"""The GraphQL documents that the page sends, each in a file of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

FOLDER = Path(__file__).parent / "queries"
DOCUMENTS = {file.stem: file.read_text(encoding="utf-8") for file in sorted(FOLDER.glob("*.graphql"))}


@dataclass(frozen=True)
class Asked:
    """A document with the variables that it was sent with, as the page shows it."""

    name: str
    variables: dict[str, Any]

    @property
    def query(self) -> str:
        """The document's text."""
        return DOCUMENTS[self.name].strip()

    @property
    def variables_text(self) -> str:
        """The variables as JSON that a person can read; empty where there are none."""
        return json.dumps(self.variables, indent=2, ensure_ascii=False) if self.variables else ""

    def graphiql(self, headers: dict[str, str]) -> str:
        """Address of GraphiQL with this query in it.

        All of it travels behind the `#`: `?query=` would be a query by GET, and a token must reach no server's log.
        """
        asked = {"query": self.query, "variables": self.variables_text, "headers": json.dumps(headers)}
        return f"/graphql#{urlencode(asked, quote_via=quote)}"
