// urql with its exchange of persisted queries: asks twice, as two clients would; prints answers and requests.
import { Client, fetchExchange, gql } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { recording } from "./recording.js";
import { answer, asked } from "./talk.js";

const { url, document, variables, headers, preferGetForPersistedQueries, documentId } = asked();

async function askedAnew() {
  const { requests, fetch } = recording();
  const exchange = persistedExchange({
    preferGetForPersistedQueries,
    ...(documentId && { enforcePersistedQueries: true, generateHash: async () => documentId }),
  });
  const client = new Client({ url, fetch, fetchOptions: { headers }, exchanges: [exchange, fetchExchange] });
  const { data, error } = await client.query(gql(document), variables).toPromise();
  return { data, code: error?.graphQLErrors?.[0]?.extensions?.code ?? error?.message ?? null, requests };
}

answer([await askedAnew(), await askedAnew()]);
