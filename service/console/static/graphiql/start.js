// Starts GraphiQL with what the address carries: ?query=…&variables=… and #headers=…
// The headers hold a token, so they travel behind the `#`, which no server sees, and leave the address at once.
const root = document.getElementById("graphiql");
const search = new URLSearchParams(location.search);
const headers = new URLSearchParams(location.hash.slice(1)).get("headers") ?? undefined;
if (headers) history.replaceState(null, "", location.pathname + location.search);

async function fetcher(operation, options) {
  const answer = await fetch(root.dataset.endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...options?.headers },
    body: JSON.stringify(operation),
  });
  return answer.json();
}

ReactDOM.createRoot(root).render(
  React.createElement(GraphiQL, {
    fetcher,
    query: search.get("query") ?? undefined,
    variables: search.get("variables") ?? undefined,
    headers,
    defaultQuery: root.dataset.query,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);
