// One recommendation: what it is, what it costs, who pays for it, and why it is shown.
import { recordClick } from "./clicks";
import { element } from "./element";
import type { CardFragment } from "./generated";
import { language, words } from "./words";

type Item = CardFragment["item"];

export function card(shown: CardFragment): HTMLLIElement {
  const { item, reasons } = shown;
  const why = reasons.slice(0, 1).map(({ text }) => element("p", { class: "reason" }, text));
  const parts = [...picture(item), ...kind(item), opener(shown), ...price(item), ...why];
  return element("li", { class: "card", "data-item": item.itemId }, ...parts);
}

function picture({ imageUrl }: Item): HTMLElement[] {
  return imageUrl?.startsWith("https://") ? [element("img", { src: imageUrl, alt: "", loading: "lazy" })] : [];
}

function kind(item: Item): HTMLElement[] {
  if (item.__typename === "Product") return [];
  const ad = item.__typename === "Ad" ? words.advertisement(item.advertiser, item.payer) : null;
  return [element("p", { class: "kind" }, ad ?? words.story)];
}

function price(item: Item): HTMLElement[] {
  if (item.__typename !== "Product" || !item.price) return [];
  const told = element("p", { class: "price" }, element("strong", {}, money(item.price)));
  if (item.discountRate && item.listPrice) {
    const before = element("s", {}, element("span", { class: "spoken" }, words.insteadOf, " "), money(item.listPrice));
    const off = element("span", { class: "off" }, words.off(Math.round(100 * item.discountRate)));
    told.append(" ", before, " ", off);
  }
  return [told];
}

function money({ amount, currency }: { amount: string; currency: string }): string {
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(Number(amount));
}

function opener(shown: CardFragment): HTMLElement {
  const { title, url } = shown.item;
  const opens = url?.startsWith("https://")
    ? element("a", { class: "open", href: url, target: "_blank", rel: "noopener" }, title)
    : element("button", { type: "button", class: "open" }, title);
  opens.addEventListener("click", () => void recordClick(shown));
  return opens;
}
