/** An element with attributes and children; text is always text, never markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The element of index.html that is meant. */
export function found<Kind extends Element>(selector: string): Kind {
  const one = document.querySelector<Kind>(selector);
  if (one === null) throw new Error(`index.html has no ${selector}`);
  return one;
}
