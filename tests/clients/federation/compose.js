// Compose a supergraph of subgraphs: what is wrong, what is hinted, and the supergraph.
import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const subgraphs = Object.entries(JSON.parse(readFileSync(0, "utf8")));
const services = subgraphs.map(([name, sdl]) => ({ name, url: `http://${name}/graphql`, typeDefs: parse(sdl) }));
const { errors = [], hints = [], schema, supergraphSdl = null } = composeServices(services);
const fieldsOf = (root) => schema?.toAPISchema().schemaDefinition.rootType(root)?.fields().map((field) => field.name) ?? [];
console.log(JSON.stringify({
  errors: errors.map((error) => error.message),
  hints: hints.map((hint) => `${hint.definition.code}: ${hint.message}`),
  queries: fieldsOf("query"),
  mutations: fieldsOf("mutation"),
  subscriptions: fieldsOf("subscription"),
  supergraph: supergraphSdl,
}));
