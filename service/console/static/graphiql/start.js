// Starts GraphiQL with what the address carries: query, variables and headers, behind the `#` (or, but for the headers,
// behind the `?`). The headers hold a token, so they leave the address at once.
const root = document.getElementById("graphiql");
const search = new URLSearchParams(location.search);
const hash = new URLSearchParams(location.hash.slice(1));
const given = (name) => hash.get(name) || search.get(name) || undefined;
const headers = hash.get("headers") ?? undefined;
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
    query: given("query"),
    variables: given("variables"),
    headers,
    defaultQuery: root.dataset.query,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);
