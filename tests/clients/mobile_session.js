// Parts of an app's life with the mobile example's bundle: what it showed, what waits, what went over the wire.
import { asked, answer } from "./talk.js";

const { bundle, storage, url, token, part, file, acts } = asked();
const { Feed, Outbox, Transport } = await import(bundle);
const { fileStorage } = await import(storage);

const sent = [];
const answers = [];
let meet = null; // what befalls the next request, in place of the network
async function wire(address, options) {
  const said = JSON.parse(options.body);
  const befalls = meet?.(said);
  if (befalls) return befalls();
  const response = await fetch(address, options);
  sent.push(said);
  answers.push(await response.clone().json());
  return response;
}
const refusal = (code, status, headers = {}) => () =>
  new Response(JSON.stringify({ errors: [{ message: code, extensions: { code } }] }), { status, headers });

const transport = new Transport(url, async () => token, wire);
const until = async (holds) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};

const parts = {
  async scroll() {
    const feed = new Feed(transport, 5);
    const [first, same] = await Promise.all([feed.more(), feed.more()]);
    const pages = [first, await feed.more()];
    let expired = false;
    meet = ({ variables }) => {
      if (expired || !variables.after) return null;
      expired = true;
      return refusal("SLATE_EXPIRED", 200);
    };
    for (let page = 0; page < 3; page++) pages.push(await feed.more());
    const titles = pages.flat().map(({ item }) => item.itemId);
    return { same: first === same, titles, sizes: pages.map(({ length }) => length), sent, expired };
  },
  async end() {
    const feed = new Feed(transport, 100);
    const items = [];
    for (let page = await feed.more(); page.length > 0; page = await feed.more()) items.push(...page.map(({ item }) => item.itemId));
    return { items, after: await feed.more() };
  },
  async offline() {
    const outbox = new Outbox(transport, fileStorage(file));
    for (const act of acts) await outbox.add(act);
    await outbox.flush();
    return { waiting: outbox.waiting };
  },
  async online() {
    const outbox = new Outbox(transport, fileStorage(file));
    const truly = fetch;
    let lost = false;
    globalThis.fetch = async (...asked) => {
      const response = await truly(...asked);
      if (lost) return response;
      answers.push(await response.json());
      lost = true;
      throw new TypeError("the connection broke before the acknowledgement came");
    };
    await outbox.flush();
    const unacknowledged = outbox.waiting;
    await outbox.flush();
    return { unacknowledged, waiting: outbox.waiting, recorded: answers.map(({ data }) => data.recordEvents) };
  },
  async spoilt() {
    const outbox = new Outbox(transport, fileStorage(file));
    for (const act of acts) await outbox.add(act);
    await outbox.flush();
    return { waiting: outbox.waiting, taken: answers.flatMap(({ data }) => data?.recordEvents?.accepted ?? 0), sizes: sent.map(({ variables }) => variables.events.length) };
  },
  async throttled() {
    const outbox = new Outbox(transport, fileStorage(file));
    for (const act of acts) await outbox.add(act);
    let told = false;
    meet = () => {
      if (told) return null;
      told = true;
      return refusal("THROTTLED", 429, { "Retry-After": "1" });
    };
    const began = performance.now();
    await outbox.flush();
    const waiting = outbox.waiting;
    await until(() => outbox.waiting === 0);
    return { waiting, seconds: (performance.now() - began) / 1000, requests: sent.length };
  },
};

answer(await parts[part]());
process.exit(0); // an outbox with something left would go on trying
