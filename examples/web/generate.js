// Writes src/generated.ts: the types of src/operations.graphql, and its documents, by the schema of the service.
import { readFileSync, writeFileSync } from "node:fs";
import { codegen } from "@graphql-codegen/core";
import * as documents from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const SCHEMA = new URL("../../service/graphql/schema.graphql", import.meta.url);
const OPERATIONS = new URL("src/operations.graphql", import.meta.url);
const GENERATED = new URL("src/generated.ts", import.meta.url);

const written = await codegen({
  filename: "generated.ts",
  schema: parse(readFileSync(SCHEMA, "utf8")),
  documents: [{ location: "operations.graphql", document: parse(readFileSync(OPERATIONS, "utf8")) }],
  config: {
    strictScalars: true,
    useTypeImports: true,
    scalars: { DateTime: "string", Date: "string", Decimal: "string", JSON: "unknown", _Any: "unknown" },
  },
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations, documents },
});
writeFileSync(GENERATED, written);
