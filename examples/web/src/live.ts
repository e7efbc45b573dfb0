// A list that follows what the person does: the first page comes at once, a new one whenever something changes it.
import { card } from "./card";
import { client } from "./client";
import { found } from "./element";
import { LiveDocument } from "./generated";
import { tellError } from "./status";
import { words } from "./words";

export function followLive(): void {
  const basis = found("#live .reason");
  const cards = found("#live .cards");
  client.subscription(LiveDocument, {}).subscribe(({ data, error }) => {
    if (error) tellError(error);
    if (!data) return;
    const { profiled, nodes } = data.recommendationsUpdated;
    basis.textContent = profiled ? words.liveForYou : words.liveForAll;
    cards.replaceChildren(...nodes.map(card));
  });
}
