// What moved between two states of the page.
import { text } from "./words.js";

export function places(page) {
  const found = new Map();
  for (const shelf of page.querySelectorAll("[data-shelf]")) {
    shelf.querySelectorAll("[data-item]").forEach((card, index) => {
      found.set(card.dataset.item, { shelf: shelf.dataset.shelf, index, card });
    });
  }
  return found;
}

function mark(card, kind, sentence) {
  const badge = card.querySelector(".moved");
  badge.textContent = sentence;
  badge.hidden = false;
  badge.classList.add(kind);
  card.classList.add("fresh");
}

export function markMoves(before, after) {
  const count = { moved: 0, new: 0, gone: [...before.keys()].filter((item) => !after.has(item)).length };
  for (const [item, now] of after) {
    const then = before.get(item);
    if (!then) {
      count.new += 1;
      mark(now.card, "new", text("moves.badge.new"));
    } else if (then.shelf !== now.shelf) {
      count.moved += 1;
      mark(now.card, "shelf", text("moves.badge.shelf"));
    } else if (then.index !== now.index) {
      count.moved += 1;
      const up = then.index > now.index;
      const steps = Math.abs(then.index - now.index);
      mark(now.card, up ? "up" : "down", text(up ? "moves.badge.up" : "moves.badge.down", { count: steps }));
    }
  }
  const told = Object.entries(count).filter(([, number]) => number);
  if (!told.length) return text("moves.none");
  const parts = told.map(([kind, number]) => text(`moves.${kind}`, { count: number }));
  return parts.join(text("moves.join")) + text("moves.end");
}
