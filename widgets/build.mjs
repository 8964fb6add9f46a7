// Bundles every widget, then records what it was built from: tests/widgets/test_assets.py compares that record
// with the tree, so that nobody who lacks node can be handed assets older than their sources.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

const STATIC = "workbench_widgets/static";
const widgets = readdirSync("src").filter((name) => name.endsWith(".ts"));

await build({
  entryPoints: widgets.flatMap((name) => [`src/${name}`, `src/${name.replace(/ts$/, "css")}`]),
  outdir: STATIC,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "inline",
});

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const sources = ["package-lock.json", "build.mjs", "tsconfig.json", "../workbench/viz/grammar.json"];
for (const entry of readdirSync("src", { recursive: true, withFileTypes: true })) {
  if (entry.isFile()) sources.push(join(entry.parentPath, entry.name).replaceAll("\\", "/"));
}
const built = widgets.flatMap((name) => ["js", "css"].map((kind) => `${STATIC}/${basename(name, ".ts")}.${kind}`));
const record = (files) => Object.fromEntries(files.sort().map((file) => [file, digest(readFileSync(file))]));
writeFileSync(
  `${STATIC}/build.json`,
  `${JSON.stringify({ sources: record(sources), built: record(built) }, null, 2)}\n`,
);
