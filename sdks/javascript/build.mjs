// `node build.mjs` makes dist/; `node build.mjs --tests` bundles the tests into build/tests/ for `node --test`.

import { build } from "esbuild";
import { execFileSync } from "node:child_process";
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

async function tests() {
  mkdirSync("build/tests", { recursive: true });
  const entryPoints = readdirSync("tests").filter((name) => name.endsWith(".test.ts")).map((name) => join("tests", name));
  await build({ ...usual, entryPoints, outdir: "build/tests", format: "esm", platform: "node", outExtension: { ".js": ".mjs" } });
}

await (process.argv.includes("--tests") ? tests() : dist());
