// The query behind a part of the page: copy it, or run it and see the very answer.
import { send } from "./graphql.js";
import { complain } from "./toast.js";
import { text } from "./words.js";

async function copy(panel, button) {
  await navigator.clipboard.writeText(panel.querySelector(".document").textContent);
  button.textContent = text("graphql.copied");
}

async function run(panel) {
  const answer = panel.querySelector(".answer");
  const variables = JSON.parse(panel.querySelector(".variables")?.textContent ?? "{}");
  const begun = performance.now();
  const told = await send(panel.querySelector(".document").textContent, variables);
  const milliseconds = Math.round(performance.now() - begun);
  answer.querySelector("p").textContent = text("graphql.answer", { milliseconds });
  answer.querySelector("code").textContent = JSON.stringify(told, null, 2);
  answer.hidden = false;
}

export async function useQuery(button) {
  const panel = button.closest(".query-panel");
  try {
    await (button.dataset.query === "copy" ? copy(panel, button) : run(panel));
  } catch (fault) {
    complain(fault);
  }
}
