// Whatever the Python core was asked, this one says the same; pytest writes the file of what it said.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { RE2JS } from "re2js";
import { Sketch } from "../src/client/sketch.js";
import { casefold } from "../src/core/case_folding.js";
import { contextFrom } from "../src/core/context.js";
import { evaluateAll } from "../src/core/evaluate.js";
import { readManifest } from "../src/core/manifest.js";
import { patternsBy } from "../src/core/patterns.js";
import { shown } from "./vectors.js";

const NUMBERS: Record<string, number> = { "\0nan": NaN, "\0inf": Infinity, "\0-inf": -Infinity };
const file = process.env["AGREEMENT"];
const said = file ? JSON.parse(readFileSync(file, "utf8"), numbers) : { worlds: [], readable: [], folded: {}, durations: [], sketch: "" };
const tools = { compilePattern: patternsBy(RE2JS) };
const options = { skip: file ? false : "pytest brings what the Python core said" };

/** What JSON cannot say. */
function numbers(_: string, value: unknown): unknown {
  return typeof value === "string" && value in NUMBERS ? NUMBERS[value] : value;
}

test("random rulesets answer random contexts alike", options, () => {
  let asked = 0;
  for (const { manifest, now, questions } of said.worlds) {
    const ruleset = readManifest(manifest, tools);
    for (const { context, client, answers } of questions) {
      const found = Object.fromEntries(evaluateAll(ruleset, contextFrom(context), now, client).map((answer) => [answer.key, shown(answer)]));
      assert.deepEqual(found, answers, JSON.stringify({ manifest, context }));
      asked++;
    }
  }
  assert.ok(asked >= 1_000);
});

test("what cannot be read here cannot be read there", options, () => {
  for (const { name, manifest, isReadable } of said.readable) {
    assert.equal(readManifest(manifest, tools).unreadable.size === 0, isReadable, name);
  }
  assert.ok(said.readable.length >= 50);
});

test("letters lose their case alike", options, () => {
  for (const [letter, folded] of Object.entries(said.folded)) assert.equal(casefold(letter), folded);
  assert.ok(Object.keys(said.folded).length > 1_000);
});

test("durations make the same sketch", options, () => {
  const sketch = new Sketch();
  assert.equal(sketch.asText(), undefined);
  for (const nanoseconds of said.durations) sketch.add(nanoseconds);
  assert.equal(sketch.asText(), said.sketch);
});
