// Asks the service, as the household that the page shows; a failure becomes a sentence that says what to do.
import { has, text } from "./words.js";

export class Fault extends Error {
  constructor(code) {
    super(has(`fault.${code}`) ? text(`fault.${code}`) : text("fault.other", { code }));
    this.code = code;
  }
}

export async function send(query, variables) {
  const { token, language } = document.getElementById("page").dataset;
  try {
    const answer = await fetch("/graphql", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "Accept-Language": language,
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    return await answer.json();
  } catch {
    throw new Fault("network");
  }
}

export async function fetchPage() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Fault(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("page");
    if (!page) throw new Fault("network");
    return page;
  } catch (failure) {
    throw failure instanceof Fault ? failure : new Fault("network");
  }
}

function check(answer) {
  const code = answer.errors?.[0]?.extensions?.code;
  if (code) throw new Fault(code);
  if (!answer.data) throw new Fault("INTERNAL");
  for (const payload of Object.values(answer.data)) {
    const [problem] = payload?.userErrors ?? [];
    if (problem) throw new Fault(problem.code);
    if (payload === null) throw new Fault("NOT_FOUND");
  }
  return answer.data;
}

// The token lives for minutes, a page may stay open for hours: renew it once, then ask again.
export async function ask(query, variables) {
  const first = await send(query, variables);
  if (first.errors?.[0]?.extensions?.code !== "UNAUTHENTICATED") return check(first);
  document.getElementById("page").dataset.token = (await fetchPage()).dataset.token;
  return check(await send(query, variables));
}
