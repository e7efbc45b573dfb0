// Bundles the page into dist/. KONOMI_URL says where the service is. `node bundle.js serve [PORT]` serves it, for development.
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { context } from "esbuild";

const [command, port = "5173"] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
const dist = `${here}dist`;

const bundler = await context({
  absWorkingDir: here,
  entryPoints: ["src/page.ts"],
  outdir: dist,
  bundle: true,
  minify: command !== "serve",
  sourcemap: true,
  format: "esm",
  target: "es2022",
  define: { KONOMI_URL: JSON.stringify(process.env.KONOMI_URL ?? "http://127.0.0.1:8000") },
});
await bundler.rebuild();
for (const file of ["index.html", "page.css", "cards.css"]) cpSync(`${here}${file}`, `${dist}/${file}`);
if (command === "serve") {
  await bundler.serve({ host: "127.0.0.1", port: Number(port), servedir: dist });
  console.log(`http://127.0.0.1:${port}`);
} else {
  await bundler.dispose();
}
