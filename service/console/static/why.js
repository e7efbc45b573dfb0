// Completes "Why?": evidence, and the place that the item would take without it. One query serves a whole shelf.
import { ask } from "./graphql.js";
import { day, documents, text } from "./words.js";
import { complain } from "./toast.js";

const shelves = new Map();

export function forgetShelves() {
  shelves.clear();
}

function load(id) {
  if (!shelves.has(id)) {
    const answer = ask(documents.shelf, { id }).then((data) => data.node.items.nodes);
    answer.catch(() => shelves.delete(id));
    shelves.set(id, answer);
  }
  return shelves.get(id);
}

function evidenceRow(evidence) {
  const row = document.getElementById("evidence").content.cloneNode(true);
  const time = row.querySelector("time");
  const forget = row.querySelector("button");
  row.querySelector(".kind").textContent = text(`why.kind.${evidence.kind}`);
  row.querySelector(".what").textContent = evidence.item?.title ?? evidence.segment?.title ?? "";
  if (evidence.day) {
    time.dateTime = evidence.day;
    time.textContent = day(evidence.day);
  } else time.remove();
  if (evidence.count) row.querySelector(".count").textContent = text("why.count", { count: evidence.count });
  else row.querySelector(".count").remove();
  const personal = "personal" in document.getElementById("page").dataset;
  if (evidence.eventId && personal) forget.dataset.event = evidence.eventId;
  else forget.remove();
  return row;
}

function complete(place, reason) {
  // What rests on a price or on many people's purchases cannot be taken away by the person.
  if (reason.evidence.some((evidence) => evidence.kind === "ACTION")) {
    const without = document.createElement("p");
    without.className = "without";
    without.textContent =
      reason.positionWithout === null
        ? text("why.without.null")
        : text("why.without", { position: reason.positionWithout });
    place.append(without);
  }
  const list = document.createElement("ul");
  list.className = "evidence";
  list.append(...reason.evidence.map(evidenceRow));
  if (reason.evidence.length) place.append(list);
}

export async function explain(details) {
  if (!details.open || "complete" in details.dataset) return;
  details.dataset.complete = "";
  details.closest("li")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  const { item } = details.closest("[data-item]").dataset;
  const loading = details.querySelector(".loading");
  loading.hidden = false;
  try {
    const nodes = await load(details.closest("[data-shelf]").dataset.id);
    const found = nodes.find((node) => node.item.itemId === item);
    details.querySelectorAll("ol > li").forEach((place, index) => {
      const reason = found?.reasons[index];
      if (reason?.code === place.dataset.code) complete(place, reason);
    });
  } catch (fault) {
    delete details.dataset.complete;
    complain(fault);
  } finally {
    loading.hidden = true;
  }
}
