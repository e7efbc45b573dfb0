// Listens with graphql-ws's own client, over node's own WebSocket: what it heard, and how it ended.
import { createClient } from "graphql-ws";
import { asked, answer } from "./talk.js";

const { url, token, query, act, bad } = asked();
const heard = [];
const closed = [];
let pongs = 0;
const client = createClient({
  url,
  connectionParams: { authorization: `Bearer ${token}` },
  keepAlive: 200,
  retryAttempts: 0,
  on: { closed: ({ code, reason }) => closed.push({ code, reason }), pong: (received) => received && pongs++ },
});

const once = (operation) =>
  new Promise((resolve, reject) => {
    let last;
    client.subscribe(operation, { next: (value) => (last = value), error: reject, complete: () => resolve(last) });
  });

const updates = client.iterate({ query });
heard.push((await updates.next()).value);
const done = await fetch(url.replace("ws", "http"), {
  method: "POST",
  headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
  body: JSON.stringify({ query: act.query, variables: { ...act.variables, itemId: heard[0].data.recommendationsUpdated.nodes[0].item.itemId } }),
});
const acted = await done.json();
heard.push((await updates.next()).value);
const viewer = await once({ query: "{ viewer { customerId } }" });
const refused = await once({ query: bad }).then(() => null, (errors) => errors);
while (pongs < 2) await new Promise((resolve) => setTimeout(resolve, 50));
await updates.return(); // the last one closes the socket
await client.dispose();

const forged = createClient({ url, connectionParams: { authorization: "Bearer a.b.c" }, retryAttempts: 0, lazy: true });
const turnedAway = await new Promise((resolve) => {
  forged.subscribe({ query }, { next: () => {}, error: ({ code, reason }) => resolve({ code, reason }), complete: () => resolve(null) });
});
answer({ heard, acted, viewer, refused, closed, turnedAway });
