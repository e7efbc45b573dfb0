// Runs the official audits of GraphQL over HTTP; prints what each found.
import { serverAudits } from "graphql-http";
import { asked, answer } from "./talk.js";

const { url } = asked();
const found = [];
for (const audit of serverAudits({ url })) {
  const { name, status, reason } = await audit.fn();
  found.push({ name, status, reason });
}
answer(found);
