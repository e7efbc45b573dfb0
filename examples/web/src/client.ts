// urql over HTTP with persisted queries, and graphql-ws for what is listened to. Lists change with every act of the
// person, and the service forbids every cache to keep them: there is no exchange that caches.
import { Client, type CombinedError, fetchExchange, subscriptionExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { createClient } from "graphql-ws";
import { credentials } from "./session";

declare const KONOMI_URL: string;

const LONGEST_WAIT_MS = 30_000;
const FORBIDDEN = 4403; // the socket's way to say that a token is no good, or no longer

const socket = createClient({
  url: `${KONOMI_URL.replace(/^http/, "ws")}/graphql`,
  connectionParams: credentials,
  retryAttempts: Infinity,
  shouldRetry: (closed) => !isForbidden(closed),
  retryWait: (tries) => wait(Math.min(1000 * 2 ** tries, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2)),
});

export const client = new Client({
  url: `${KONOMI_URL}/graphql`,
  fetchOptions: () => ({ headers: credentials() }),
  preferGetMethod: false,
  exchanges: [
    persistedExchange({ preferGetForPersistedQueries: false }),
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = "", variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});

/** The documented code of a refusal; null where the service was not reached at all. */
export function codeOf(error: CombinedError): string | null {
  if (isForbidden(error.networkError)) return "UNAUTHENTICATED";
  const code = error.graphQLErrors[0]?.extensions["code"];
  return typeof code === "string" ? code : null;
}

function isForbidden(closed: unknown): boolean {
  return closed instanceof CloseEvent && closed.code === FORBIDDEN;
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
