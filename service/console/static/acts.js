// What a person does with an item: told to the service at once, taken back at once, and the page shows what moved.
import { ask } from "./graphql.js";
import { renewPage } from "./renewal.js";
import { complain, tell } from "./toast.js";
import { documents, text } from "./words.js";

const EVENTS = { click: "CLICK", buy: "PURCHASE" };
const FEEDBACK = { hide: "HIDE_ITEM", less: "LESS_LIKE_THIS" };
let busy = false;

// crypto.randomUUID is there on secure origins alone.
function newEventId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function record(type, card) {
  const eventId = newEventId();
  const { item, token, price } = card.dataset;
  const bought = type === "PURCHASE" && { quantity: "1", ...(price && { amount: price }) };
  const event = { eventId, type, occurredAt: new Date().toISOString(), itemId: item, token, channel: "WEB", ...bought };
  return {
    send: () => ask(documents.record, { input: { events: [event] } }),
    // What happened is not unhappened: who does not want it used says so under the reason that it gives.
    undo: null,
  };
}

function feedback(input) {
  return {
    send: () => ask(documents.feedback, { input }),
    undo: () => ask(documents.feedback, { input: { ...input, undo: true } }),
  };
}

function deed(button, card) {
  const { act, event } = button.dataset;
  if (act in EVENTS) return record(EVENTS[act], card);
  if (act === "forget") return feedback({ kind: "FORGET_ACTION", eventId: event });
  return feedback({ kind: FEEDBACK[act], itemId: card.dataset.item, token: card.dataset.token });
}

async function perform(send, sentence, undo) {
  if (busy) return;
  busy = true;
  document.getElementById("page").setAttribute("aria-busy", "true");
  try {
    await send();
    // What was done stays done, and can be undone, even where the page cannot be read again.
    const moved = await renewPage().catch(() => text("moves.unknown"));
    tell(`${sentence} ${moved}`, undo);
  } catch (fault) {
    complain(fault);
  } finally {
    busy = false;
    document.getElementById("page").removeAttribute("aria-busy");
  }
}

export function act(button) {
  const card = button.closest("[data-item]");
  const { send, undo } = deed(button, card);
  const sentence = text(`act.done.${button.dataset.act}`, { title: card.dataset.title });
  return perform(send, sentence, undo && (() => perform(undo, text("act.done.undo"), null)));
}
