// A click on a recommendation, recorded with the token of its showing.
import { client } from "./client";
import { type CardFragment, RecordClickDocument } from "./generated";
import { credentials } from "./session";
import { tell, tellError } from "./status";
import { words } from "./words";

export async function recordClick({ token, item }: CardFragment): Promise<void> {
  const event = {
    eventId: crypto.randomUUID(), // made once: were it sent again, it would count once
    type: "CLICK",
    itemId: item.itemId,
    token,
    occurredAt: new Date().toISOString(),
  } as const;
  const leaving = { fetchOptions: { headers: credentials(), keepalive: true } }; // the click may open another page
  const { data, error } = await client.mutation(RecordClickDocument, { event }, leaving).toPromise();
  if (error) return tellError(error);
  const refused = data?.recordEvents?.userErrors[0];
  tell(refused ? refused.message : words.noted(item.title));
}
