// Writes src/generated.ts (types of the operations, and a constant with the hash of each) and persisted-documents.json (texts by
// hash), which `konomi documents register` takes as it is.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse, print, separateOperations } from "graphql";

const SCHEMA = new URL("../../service/graphql/schema.graphql", import.meta.url);
const OPERATIONS = new URL("src/operations.graphql", import.meta.url);
const GENERATED = new URL("src/generated.ts", import.meta.url);
const MANIFEST = new URL("persisted-documents.json", import.meta.url);

const document = parse(readFileSync(OPERATIONS, "utf8"));
const manifest = {};
const constants = [];
for (const [name, alone] of Object.entries(separateOperations(document))) {
  const text = print(alone);
  const kind = alone.definitions.find((one) => one.kind === "OperationDefinition").operation;
  const type = name + kind[0].toUpperCase() + kind.slice(1);
  const id = createHash("sha256").update(text).digest("hex");
  manifest[id] = text;
  constants.push(`export const ${name}Operation: Operation<${type}, ${type}Variables> = { id: "${id}", name: "${name}" };`);
}

const types = await codegen({
  filename: "generated.ts",
  schema: parse(readFileSync(SCHEMA, "utf8")),
  documents: [{ location: "operations.graphql", document }],
  config: {
    strictScalars: true,
    useTypeImports: true,
    scalars: { ID: "string", DateTime: "string", Date: "string", Decimal: "string", JSON: "unknown", _Any: "unknown" },
  },
  plugins: [{ operations: {} }],
  pluginMap: { operations },
});
writeFileSync(GENERATED, [`import type { Operation } from "./transport";`, types, ...constants, ""].join("\n"));
writeFileSync(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
