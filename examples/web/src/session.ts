// Whom the page speaks for, a customer by the token of the shop's login, else a visitor known to this tab alone; and how.
import { language } from "./words";

const TOKEN = "konomi.token";
const VISITOR = "konomi.visitor";

/** Keeps a token given as `#token=…`, which no server ever sees, and takes it out of the address. */
export function signIn(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return;
  sessionStorage.setItem(TOKEN, token);
  history.replaceState(null, "", location.pathname + location.search);
}

/** Headers of every request, and what a WebSocket says first: a browser lets no page choose headers there. */
export function credentials(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  const asked = { "Accept-Language": language };
  return token === null ? { ...asked, "X-Konomi-Visitor": visitor() } : { ...asked, Authorization: `Bearer ${token}` };
}

function visitor(): string {
  const known = sessionStorage.getItem(VISITOR) ?? crypto.randomUUID();
  sessionStorage.setItem(VISITOR, known);
  return known;
}
