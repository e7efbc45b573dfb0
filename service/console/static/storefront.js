// The storefront's scripts: one listener per kind of event, since parts of the page are replaced.
import { act } from "./acts.js";
import { suggest } from "./chooser.js";
import { useQuery } from "./query.js";
import { explain } from "./why.js";

function closeMenus(but = null) {
  for (const menu of document.querySelectorAll(".menu[open]")) if (menu !== but) menu.open = false;
}

document.addEventListener("click", (event) => {
  const { target } = event;
  closeMenus(target.closest(".menu"));
  const deed = target.closest("[data-act]");
  if (deed) act(deed);
  const query = target.closest("[data-query]");
  if (query) useQuery(query);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelector(".menu[open] summary")?.focus();
  closeMenus();
});

document.addEventListener("toggle", (event) => event.target.matches(".why") && explain(event.target), true);
document.addEventListener("input", (event) => event.target.id === "household" && suggest(event.target));
document.documentElement.dataset.ready = "";
