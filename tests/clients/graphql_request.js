// graphql-request: a query, a mutation, and a query that does not hold, as a script sends them.
import { ClientError, GraphQLClient } from "graphql-request";
import { answer, asked } from "./talk.js";

const { url, query, variables, mutation, wrong, headers } = asked();
const codeOf = async (promise) => {
  try {
    await promise;
    return null;
  } catch (fault) {
    return fault instanceof ClientError ? fault.response.errors[0].extensions.code : String(fault);
  }
};

const client = new GraphQLClient(url, { headers });
answer({
  data: await client.request(query, variables),
  changed: await client.request(mutation.query, mutation.variables),
  byGet: await new GraphQLClient(url, { headers, method: "GET" }).request(query, variables),
  wrong: await codeOf(client.request(wrong)),
});
