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


def graphiql_page(endpoint: str, *, registered_only: bool = False) -> Response:
    """Answer GraphiQL for an endpoint of this origin; it loads nothing from elsewhere.

    `#query=…&variables=…&headers=…` of the address fill its editors and reach no server.
    The files come from `storefront_routes`. Subscriptions run over the endpoint's WebSocket.

    Parameters
    ----------
    registered_only : whether to say that the service refuses what is typed here, and to whom it does not
    """
    return page("graphiql.html", "en", endpoint=endpoint, first_query=FIRST_QUERY, registered_only=registered_only)
