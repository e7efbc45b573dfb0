// The switch for what the person did. What they agree to are the very words beside it; the service keeps them as proof.
import { client } from "./client";
import { found } from "./element";
import { SetConsentDocument } from "./generated";
import { tell, tellError } from "./status";
import { words } from "./words";

const PURPOSE = "PERSONALISE_CONTENT";

interface Decision {
  purpose: string;
  granted: boolean;
}

/** Shows what holds; `renew` is called, and waited for, once something else does. */
export function showConsent(consents: readonly Decision[], renew: () => Promise<void>): void {
  const choice = found<HTMLInputElement>("#consent input");
  found("#consent span").textContent = words.consent;
  choice.checked = consents.some(({ purpose, granted }) => purpose === PURPOSE && granted);
  choice.onchange = () => void decide(choice, renew);
  found<HTMLElement>("#consent").hidden = false;
}

async function decide(choice: HTMLInputElement, renew: () => Promise<void>): Promise<void> {
  choice.disabled = true; // until the page is what was decided: a second decision must not overtake the first
  await send(choice, renew);
  choice.disabled = false;
}

async function send(choice: HTMLInputElement, renew: () => Promise<void>): Promise<void> {
  const granted = choice.checked;
  const [grants, withdrawals] = granted ? ([[PURPOSE], []] as const) : ([[], [PURPOSE]] as const);
  const asked = { grants: [...grants], withdrawals: [...withdrawals], wording: words.consent };
  const { data, error } = await client.mutation(SetConsentDocument, asked).toPromise();
  const refused = data?.setConsents?.userErrors[0];
  if (error || refused) {
    choice.checked = !granted;
    return error ? tellError(error) : tell(refused?.message ?? "");
  }
  tell(granted ? words.granted : words.withdrawn);
  await renew();
}
