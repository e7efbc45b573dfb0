// Replaces the page by how it stands now, and says what moved.
// Scroll positions and the focus stay where they were, as far as what had them is still there.
import { fetchPage } from "./graphql.js";
import { markMoves, places } from "./moves.js";
import { forgetShelves } from "./why.js";

function rows(page) {
  return [...page.querySelectorAll("[data-shelf] .row")].map((row) => [row.closest("[data-shelf]").dataset.shelf, row]);
}

function focusedItem() {
  return document.activeElement?.closest("[data-item]")?.dataset.item;
}

export async function renewPage() {
  const next = await fetchPage();
  const page = document.getElementById("page");
  const before = places(page);
  const after = places(next);
  const scrolled = new Map(rows(page).map(([shelf, row]) => [shelf, row.scrollLeft]));
  const focused = focusedItem();
  page.replaceWith(next);
  forgetShelves();
  for (const [shelf, row] of rows(next)) row.scrollLeft = scrolled.get(shelf) ?? 0;
  if (focused) {
    const same = after.get(focused)?.card.querySelector("[data-act]");
    (same ?? next.querySelector("main")).focus({ preventScroll: true });
  }
  return markMoves(before, after);
}
