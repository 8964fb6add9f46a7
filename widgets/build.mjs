// Bundles every widget, gathers the licences of what went into the bundles, and records what they were built from:
// tests/widgets/test_assets.py compares that record with the tree, so that nobody who lacks node can be handed
// assets older than their sources.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

const STATIC = "workbench_widgets/static";
const LICENCES = `${STATIC}/LICENSES.txt`;
const widgets = readdirSync("src").filter((name) => name.endsWith(".ts"));

const { metafile } = await build({
  entryPoints: widgets.flatMap((name) => [`src/${name}`, `src/${name.replace(/ts$/, "css")}`]),
  outdir: STATIC,
  bundle: true,
  minify: true,
  metafile: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox113", "safari16.2"], // the first with color-mix; they know no nested rules yet
  charset: "utf8",
  legalComments: "inline",
});

const parts = Object.keys(metafile.inputs).map((file) => file.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
const packages = [...new Set(parts.filter(Boolean))].sort();
const licence = (name) => {
  const file = readdirSync(`node_modules/${name}`).find((each) => /^licen[cs]e/i.test(each));
  return `${name}\n\n${readFileSync(`node_modules/${name}/${file}`, "utf8").trim()}\n`;
};
writeFileSync(LICENCES, packages.map(licence).join(`\n${"-".repeat(80)}\n\n`));

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const sources = ["package-lock.json", "build.mjs", "tsconfig.json", "../workbench/viz/grammar.json"];
for (const entry of readdirSync("src", { recursive: true, withFileTypes: true })) {
  if (entry.isFile()) sources.push(join(entry.parentPath, entry.name).replaceAll("\\", "/"));
}
const built = widgets.flatMap((name) => ["js", "css"].map((kind) => `${STATIC}/${basename(name, ".ts")}.${kind}`));
const record = (files) => Object.fromEntries(files.sort().map((file) => [file, digest(readFileSync(file))]));
writeFileSync(
  `${STATIC}/build.json`,
  `${JSON.stringify({ sources: record(sources), built: record([...built, LICENCES]) }, null, 2)}\n`,
);
