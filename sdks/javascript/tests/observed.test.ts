// What telemetry tells of contexts: the same as the Python SDK, and never more than the classes let out.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { LocalClient } from "../src/local.js";
import { type Classes, Sample, told } from "../src/local/observed.js";
import { sha256 } from "../src/local/sha256.js";
import { EVENTS, JWKS, QUICK, STREAM, Signer, event, flag, json, manifest, status, streaming, until, upstream } from "./upstream.js";
import { document } from "./vectors.js";

for (const { name, context, classes, told: expected } of document("observed.json").cases) {
  test(name, () => assert.deepEqual(JSON.parse(JSON.stringify(told(context, classes))), expected));
}

test("the digest is that of everybody else, at every length", () => {
  for (let length = 0; length < 200; length++) {
    const text = "aé€😀".repeat(length).slice(0, length).replace(/[\ud800-\udbff]$/, "x");
    assert.equal(sha256(text), createHash("sha256").update(text).digest("hex"), String(length));
  }
});

test("a sample is small, and early and late contexts are alike in it", () => {
  const sample = new Sample({ n: "plain" });
  for (let n = 0; n < 10_000; n++) sample.offer({ n });
  const found = sample.take().map((item) => (item as { n: number }).n);
  assert.equal(found.length, 20);
  assert.ok(Math.min(...found) < 5_000 && Math.max(...found) >= 5_000);
  assert.deepEqual(sample.take(), []);
});

test("a client tells contexts with its batch, without the values that nobody declared plain", async (t) => {
  const signer = new Signer();
  const server = await upstream(t, { [STREAM]: streaming(["put", signer.put(manifest(1, { a: flag(true) }))]), [JWKS]: json(signer.jwks), [EVENTS]: status(202) });
  const flags = new LocalClient({ baseUrl: server.url, sdkKey: "ff_server_test", timing: QUICK, attributes: { country: "plain" } });
  t.after(() => flags.close());
  await flags.ready();
  flags.isEnabled("a", false, { targetingKey: "user-7", country: "IN", plan: "premium" });
  await flags.flush();
  const bodies = server.asked.filter(({ path }) => path === EVENTS).map(({ body }) => body);
  const [context] = bodies.map((body) => JSON.parse(body).contexts).flat();
  assert.equal(context.country, "IN");
  assert.deepEqual(Object.keys(context._meta.hashed), ["plan"]);
  assert.ok(!bodies.join().includes("premium") && !bodies.join().includes('"user-7"'));
});

test("a class that would hide nothing is refused", () => {
  const attributes = { email: "private" } as unknown as Classes;
  assert.throws(() => new LocalClient({ baseUrl: "", sdkKey: "", mode: "offline", attributes }), /privacy class of email/);
});
