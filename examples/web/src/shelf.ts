// One shelf, and its further pages. The order was frozen when the page was made, so that nothing comes twice.
import { card } from "./card";
import { client, codeOf } from "./client";
import { element } from "./element";
import { type PageFragment, type ShelfFragment, ShelfPageDocument } from "./generated";
import { tellError } from "./status";
import { words } from "./words";

/** `expired` is called where the list is no more, after half an hour: the page is then to be asked for anew. */
export function shelf({ id, key, title, reason, items }: ShelfFragment, expired: () => void): HTMLElement {
  const cards = element("ul", { class: "cards" });
  const more = element("button", { type: "button", class: "more", "aria-label": words.moreOf(title) }, words.more);

  let after: string | null = null;
  function put(page: PageFragment): HTMLElement[] {
    const added = page.nodes.map(card);
    cards.append(...added);
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    more.hidden = after === null;
    return added;
  }

  async function goOn(): Promise<void> {
    if (after === null || more.ariaDisabled === "true") return;
    more.ariaDisabled = "true"; // and not `disabled`, which would take the focus away
    const { data, error } = await client.query(ShelfPageDocument, { shelf: id, after }).toPromise();
    more.ariaDisabled = "false";
    if (error) tellError(error);
    if (error && codeOf(error) === "SLATE_EXPIRED") expired();
    if (data?.node?.__typename !== "Shelf" || !data.node.items) return;
    put(data.node.items)[0]?.scrollIntoView({ block: "nearest", inline: "start" });
  }

  more.addEventListener("click", () => void goOn());
  if (items) put(items);
  const why = reason ? [element("p", { class: "reason" }, reason.text)] : [];
  const heading = element("header", {}, element("div", {}, element("h2", {}, title), ...why), more);
  return element("section", { "data-shelf": key }, heading, cards);
}
