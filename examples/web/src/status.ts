// The one line in which the page says what became of an act.
import type { CombinedError } from "@urql/core";
import { codeOf } from "./client";
import { found } from "./element";
import { words } from "./words";

const SHOWN_MS = 8_000;

let shown: ReturnType<typeof setTimeout>;

export function tell(what: string): void {
  const line = found("#status");
  line.textContent = what;
  clearTimeout(shown);
  shown = setTimeout(() => line.replaceChildren(), SHOWN_MS);
}

export function tellError(error: CombinedError): void {
  const code = codeOf(error);
  tell(code === null ? words.unreachable : (words.refusals[code] ?? words.failed(code)));
}
