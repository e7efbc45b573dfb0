"""GraphiQL, served from this package."""

from __future__ import annotations

from starlette.responses import Response

from service.console.rendering import page

FIRST_QUERY = """\
# Ctrl+Enter runs it; the explorer on the left knows every field.
{
  trending(first: 5) {
    nodes {
      position
      item { title category }
      reasons { code text }
    }
  }
}
"""


def graphiql_page(endpoint: str) -> Response:
    """Answer GraphiQL for an endpoint of this origin; it loads nothing from elsewhere.

    `#query=…&variables=…&headers=…` of the address fill its editors and reach no server.
    The files come from `storefront_routes`.
    """
    return page("graphiql.html", "en", endpoint=endpoint, first_query=FIRST_QUERY)
