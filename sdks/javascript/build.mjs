// `node build.mjs` makes dist/; with `--vendor` it also puts the browser's file where /demo/ loads it from; `node build.mjs --tests`
// bundles the tests into build/tests/ for `node --test`, and the pages of tests/pages/ into build/pages/ for browsers.

import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { compile } from "svelte/compiler";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ENTRIES = readdirSync("src").filter((name) => name.endsWith(".ts"));
const LICENCES = ["LICENSE-MIT", "LICENSE-APACHE"];
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const usual = { bundle: true, packages: "external", target: "es2021", logLevel: "warning", define: { __VERSION__: JSON.stringify(version) } };

async function dist() {
  rmSync("dist", { recursive: true, force: true });
  const entryPoints = ENTRIES.map((name) => join("src", name));
  await build({ ...usual, entryPoints, outdir: "dist", format: "esm" });
  await build({ ...usual, entryPoints, outdir: "dist", format: "cjs", outExtension: { ".js": ".cjs" } });
  await build({ ...usual, entryPoints: ["src/index.ts"], outfile: "dist/flagforge.min.js", format: "iife", globalName: "FlagForge", minify: true, banner: { js: `/*! FlagForge SDK ${version}, MIT OR Apache-2.0 */` } });
  declarations();
  for (const name of LICENCES) copyFileSync(join("../..", name), name);
}

/** Types for importers and, under another ending, for requirers. */
function declarations() {
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "."], { stdio: "inherit" });
  for (const name of readdirSync("dist/types", { recursive: true }).filter((name) => name.endsWith(".d.ts"))) {
    const text = readFileSync(join("dist/types", name), "utf8").replace(/(from "\.[^"]*|import\("\.[^"]*)\.js"/g, '$1.cjs"');
    writeFileSync(join("dist/types", name.replace(/\.d\.ts$/, ".d.cts")), text);
  }
}

/** Components of Svelte, as its own plugins make modules of them. */
const svelte = {
  name: "svelte",
  setup: ({ onLoad }) => onLoad({ filter: /\.svelte$/ }, ({ path }) => ({ contents: compile(readFileSync(path, "utf8"), { filename: path, generate: "client" }).js.code })),
};

async function tests() {
  mkdirSync("build/tests", { recursive: true });
  const inBrowsers = { format: "iife", platform: "browser", packages: "bundle", define: { ...usual.define, "process.env.NODE_ENV": '"production"' } };
  await build({ ...usual, ...inBrowsers, entryPoints: ["tests/pages/frameworks.ts"], outdir: "build/pages", plugins: [svelte] });
  const entryPoints = readdirSync("tests").filter((name) => name.endsWith(".test.ts")).map((name) => join("tests", name));
  await build({ ...usual, entryPoints, outdir: "build/tests", format: "esm", platform: "node", outExtension: { ".js": ".mjs" } });
}

await (process.argv.includes("--tests") ? tests() : dist());
if (process.argv.includes("--vendor")) copyFileSync("dist/flagforge.min.js", "../../flags/static/flags/flagforge.min.js");
