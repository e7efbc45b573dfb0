// What a page does with the generated types: it compiles only if they say what the schema says.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { HomeDocument, type HomeQuery, type HomeQueryVariables } from "./generated";

export const asked: TypedDocumentNode<HomeQuery, HomeQueryVariables> = HomeDocument;

export function prices(answer: HomeQuery): string[] {
  const shelves = answer.viewer.home?.shelves ?? [];
  const items = shelves.flatMap((shelf) => shelf.items?.nodes.map((shown) => shown.item) ?? []);
  return items.flatMap((item) => (item.__typename === "Product" && item.price ? [item.price.amount] : []));
}
