// Apollo Client with its persisted-query link: asks twice, as two clients would; prints answers and requests.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { recording } from "./recording.js";
import { answer, asked } from "./talk.js";

const { url, document, variables, headers, useGETForHashedQueries, ids } = asked();
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

async function askedAnew() {
  const { requests, fetch } = recording();
  const link = ApolloLink.from([
    new PersistedQueryLink({ sha256: ids ? () => ids : sha256, useGETForHashedQueries }),
    new HttpLink({ uri: url, fetch, headers }),
  ]);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  try {
    const { data } = await client.query({ query: gql(document), variables });
    return { data, requests };
  } catch (fault) {
    return { code: fault.errors?.[0]?.extensions?.code ?? String(fault), requests };
  }
}

answer([await askedAnew(), await askedAnew()]);
