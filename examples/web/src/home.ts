// The home page: a hero and shelves, none of which repeats an item of another.
import { card } from "./card";
import { client } from "./client";
import { showConsent } from "./consent";
import { element, found } from "./element";
import { HomeDocument } from "./generated";
import { shelf } from "./shelf";
import { tell, tellError } from "./status";
import { words } from "./words";

export async function showHome(): Promise<void> {
  const { data, error } = await client.query(HomeDocument, {}).toPromise();
  if (error) tellError(error);
  if (!data) return offerAgain();
  const { customerId, consents, home } = data.viewer;
  found("#who").textContent = customerId === null ? words.visitor : words.customer(customerId);
  if (consents) showConsent(consents, showHome);
  if (!home) return offerAgain();
  const hero = home.hero ? [element("p", { class: "kind" }, words.hero), element("ul", {}, card(home.hero))] : [];
  found("#hero").replaceChildren(...hero);
  found("#home").replaceChildren(...home.shelves.map((one) => shelf(one, () => void showHome())));
  if (home.degraded.length > 0) tell(home.degraded.map((part) => part.effect).join(" "));
}

/** What is shown already stays; where nothing is, there is a way to ask anew. */
function offerAgain(): void {
  const place = found("#home");
  if (place.querySelector("[data-shelf]")) return;
  const again = element("button", { type: "button" }, words.again);
  again.addEventListener("click", () => void showHome());
  place.replaceChildren(again);
}
