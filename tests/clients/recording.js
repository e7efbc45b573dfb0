// A fetch that notes what went over the wire, as the test wants to see it.
export function recording() {
  const requests = [];
  const fetchAndNote = async (address, options = {}) => {
    const response = await fetch(address, options);
    const method = options.method ?? "GET";
    const said = method === "GET" ? Object.fromEntries(new URL(address).searchParams) : JSON.parse(options.body);
    const extensions = typeof said.extensions === "string" ? JSON.parse(said.extensions) : said.extensions;
    requests.push({
      method,
      hasQuery: Boolean(said.query),
      hash: extensions?.persistedQuery?.sha256Hash ?? null,
      status: response.status,
      media: response.headers.get("content-type"),
      caching: response.headers.get("cache-control"),
    });
    return response;
  };
  return { requests, fetch: fetchAndNote };
}
