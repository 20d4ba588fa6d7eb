// Bundles the guide's components for a browser: `node guide_build.mjs` among guide.js, App.jsx, App.vue, App.svelte, Checkout.ts.

import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { compile } from "svelte/compiler";
import { compileScript, parse } from "vue/compiler-sfc";

const svelte = (path) => compile(readFileSync(path, "utf8"), { filename: path, generate: "client" }).js.code;

function vue(path) {
  const { descriptor } = parse(readFileSync(path, "utf8"), { filename: path });
  return compileScript(descriptor, { id: path, inlineTemplate: true }).content;
}

const components = {
  name: "components",
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, ({ path }) => ({ contents: svelte(path) }));
    onLoad({ filter: /\.vue$/ }, ({ path }) => ({ contents: vue(path) }));
  },
};
const usual = { bundle: true, logLevel: "warning", plugins: [components] };
const define = { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" };
await build({ ...usual, entryPoints: ["guide.js"], outfile: "pages/guide.js", jsx: "automatic", define });
const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } };
await build({ ...usual, entryPoints: ["angular.js"], outfile: "angular.mjs", format: "esm", packages: "external", tsconfigRaw });
