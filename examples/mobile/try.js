// A session as an app has it: three pages are scrolled through, and what was seen is recorded. KONOMI_TOKEN says who it is.
import { Feed, Outbox, Transport } from "./dist/konomi.js";
import { fileStorage } from "./file_storage.js";

const { KONOMI_URL = "http://127.0.0.1:8000", KONOMI_TOKEN = "" } = process.env;
const transport = new Transport(KONOMI_URL, async () => KONOMI_TOKEN);
const feed = new Feed(transport, 5);
const outbox = new Outbox(transport, fileStorage("outbox.json"));

for (let page = 1; page <= 3; page++) {
  const cards = await feed.more();
  for (const { item, token, reasons } of cards) {
    console.log(`${item.title}: ${reasons[0].text}`);
    await outbox.add({ type: "IMPRESSION", itemId: item.itemId, token, channel: "APP" });
  }
}
console.log(`${outbox.waiting} events wait`);
await outbox.flush();
console.log(`${outbox.waiting} events wait`);
