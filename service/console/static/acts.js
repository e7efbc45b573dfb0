// What a person does with an item: told to the service at once, taken back at once, and the page shows what moved.
import { ask, fetchPage } from "./graphql.js";
import { markMoves, places } from "./moves.js";
import { complain, tell } from "./toast.js";
import { forgetShelves } from "./why.js";
import { documents, text } from "./words.js";

const EVENTS = { click: "CLICK", buy: "PURCHASE" };
const FEEDBACK = { hide: "HIDE_ITEM", less: "LESS_LIKE_THIS" };
let busy = false;

function record(type, card) {
  const eventId = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const { item, token, price } = card.dataset;
  const bought = type === "PURCHASE" && { quantity: "1", ...(price && { amount: price }) };
  const event = { eventId, type, occurredAt: new Date().toISOString(), itemId: item, token, channel: "WEB", ...bought };
  return { send: () => ask(documents.record, { input: { events: [event] } }), undo: feedback({ kind: "FORGET_ACTION", eventId }).send };
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

// Scroll positions and the focus stay where they were, as far as what had them is still there.
async function showMoves() {
  const page = document.getElementById("page");
  const next = await fetchPage();
  const before = places(page);
  const scrolled = new Map([...page.querySelectorAll("[data-shelf] .row")].map((row) => [row.closest("[data-shelf]").dataset.shelf, row.scrollLeft]));
  const focused = document.activeElement.closest?.("[data-item]")?.dataset.item;
  page.replaceWith(next);
  forgetShelves();
  for (const row of next.querySelectorAll("[data-shelf] .row")) row.scrollLeft = scrolled.get(row.closest("[data-shelf]").dataset.shelf) ?? 0;
  const after = places(next);
  if (focused) (after.get(focused)?.card.querySelector("[data-act]") ?? next.querySelector("main")).focus({ preventScroll: true });
  return markMoves(before, after);
}

async function perform(send, sentence, undo) {
  if (busy) return;
  busy = true;
  document.getElementById("page").setAttribute("aria-busy", "true");
  try {
    await send();
    // What was done stays done, and can be undone, even where the page cannot be read again.
    const moved = await showMoves().catch(() => text("moves.unknown"));
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
  return perform(send, sentence, () => perform(undo, text("act.done.undo"), null));
}
