// Starts GraphiQL with what the address carries: query, variables and headers, behind the `#` (or, but for the headers,
// behind the `?`). The headers hold a token, so they leave the address at once.
const root = document.getElementById("graphiql");
const search = new URLSearchParams(location.search);
const hash = new URLSearchParams(location.hash.slice(1));
const given = (name) => hash.get(name) || search.get(name) || undefined;
const headers = hash.get("headers") ?? undefined;
if (headers) history.replaceState(null, "", location.pathname + location.search);

// Subscriptions go over a socket of their own, which says in its init what the headers editor says.
const endpoint = new URL(root.dataset.endpoint, location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol.replace("http", "ws");
const fetcher = GraphiQL.createFetcher({
  url: endpoint.href,
  subscriptionUrl: socket.href,
  headers: { Accept: "application/json" },
  enableIncrementalDelivery: false,
});

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
