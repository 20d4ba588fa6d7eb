import assert from "node:assert/strict";
import { test } from "node:test";
import { RE2JS } from "re2js";
import { bucket, bucketingKey } from "../src/core/bucketing.js";
import { canonical } from "../src/core/canonical.js";
import { contextFrom } from "../src/core/context.js";
import { evaluate, evaluateAll } from "../src/core/evaluate.js";
import { readManifest } from "../src/core/manifest.js";
import { patternsBy } from "../src/core/patterns.js";
import { document, evaluationCases, manifestOf, shown } from "./vectors.js";

const tools = { compilePattern: patternsBy(RE2JS) };
const ANY_TIME = "2026-11-21T10:00:00Z";

for (const { file, defaults, cases } of evaluationCases()) {
  for (const each of cases) {
    test(`${file}: ${each.name}`, () => {
      const ruleset = readManifest(JSON.parse(canonical(manifestOf(each.flags, defaults, each.segments))), tools);
      const context = contextFrom(each.context);
      const now = Date.parse(each.now ?? ANY_TIME);
      const answer = evaluate(ruleset, each.flag, context, now, each.client);
      const amongAll = evaluateAll(ruleset, context, now, each.client).find(({ key }) => key === each.flag);
      assert.deepEqual(shown(answer), each.expect);
      assert.equal(amongAll, answer.errorCode === "FLAG_NOT_FOUND" ? undefined : answer);
    });
  }
}

test("there are hundreds of vectors", () => {
  assert.ok(evaluationCases().flatMap(({ cases }) => cases).length >= 250);
});

test("the buckets are those that are frozen", () => {
  for (const { salt, key, bucket: frozen } of document("bucketing.json").cases) assert.equal(bucket(salt, key), frozen, key);
});

test("the keys that stand for attributes are those of the vectors", () => {
  for (const { name, attribute, key } of document("bucketing_keys.json").cases) assert.equal(bucketingKey(attribute) ?? null, key, name);
});

test("without re2js a flag that uses patterns is PARSE_ERROR, and its neighbours are not", () => {
  const [text] = evaluationCases().filter(({ file }) => file === "text.json");
  const { flags } = text!.cases.find(({ flags }) => JSON.stringify(flags).includes('"matches"'))!;
  const manifest = manifestOf({ ...flags, neighbour: {} }, text!.defaults);
  const ruleset = readManifest(manifest, { compilePattern: patternsBy(undefined) });
  const answers = evaluateAll(ruleset, contextFrom({ targetingKey: "u" }), 0);
  assert.deepEqual(answers.map(({ errorCode }) => errorCode), answers.map(({ key }) => (key === "neighbour" ? undefined : "PARSE_ERROR")));
  assert.match(answers.find(({ errorCode }) => errorCode)!.errorDetails!, /re2js/);
});
