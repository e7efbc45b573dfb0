// Plan a query of a supergraph as a router does: which operation each service is sent.
import { readFileSync } from "node:fs";
import { Supergraph, operationFromDocument } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { parse } from "graphql";

const { supergraph: sdl, query } = JSON.parse(readFileSync(0, "utf8"));
const supergraph = Supergraph.build(sdl);
const operation = operationFromDocument(supergraph.apiSchema(), parse(query));
const plan = new QueryPlanner(supergraph).buildQueryPlan(operation);
console.log(JSON.stringify(plan));
