// Generate the types of operations, strict about scalars.
import { readFileSync } from "node:fs";
import { codegen } from "@graphql-codegen/core";
import * as documents from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const { sdl, asked } = JSON.parse(readFileSync(0, "utf8"));
const generated = await codegen({
  filename: "generated.ts",
  schema: parse(sdl),
  documents: [{ location: "operations.graphql", document: parse(asked) }],
  config: {
    strictScalars: true,
    useTypeImports: true,
    scalars: { DateTime: "string", Date: "string", Decimal: "string", JSON: "unknown", _Any: "unknown" },
  },
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations, documents },
});
console.log(JSON.stringify(generated));
