import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { LocalClient, type LocalOptions } from "../src/local.js";
import { EVENTS, JWKS, POLL, QUICK, RULESET, STREAM, Signer, type Upstream, checksum, event, flag, json, manifest, status, streaming, until, upstream } from "./upstream.js";

const signer = new Signer();
const ONE = manifest(1, { a: flag(true), b: flag(false) });
const TWO = manifest(2, { a: flag(false), c: flag(true) });
const HOUR = 3600_000;

function client(test: TestContext, server: { url: string }, options: Partial<LocalOptions> = {}): LocalClient {
  const made = new LocalClient({ baseUrl: server.url, sdkKey: "ff_server_test", telemetry: false, timing: QUICK, ...options });
  test.after(() => made.close());
  return made;
}

function plane(t: TestContext, ...events: [string, unknown][]): Promise<Upstream> {
  return upstream(t, { [STREAM]: streaming(...events), [JWKS]: json(signer.jwks) });
}

test("rules come signed, and anybody is answered without asking", async (t) => {
  const rules = [{ id: "r1", if: { attribute: "country", op: "in", values: ["IN"] }, serve: { variant: "on" } }];
  const split = { split: { by: "targetingKey", salt: "s", ranges: [["on", 0, 50_000], ["off", 50_000, 100_000]] } };
  const server = await plane(t, ["put", signer.put(manifest(5, { india: flag(false, { rules }), half: flag(true, { fallthrough: split }) }))]);
  const flags = client(t, server);
  assert.equal(flags.details("india", true).errorCode, "PROVIDER_NOT_READY");
  assert.equal(await flags.ready(), true);
  const asked = server.asked.length;
  assert.equal(flags.booleanValue("india", false, { targetingKey: "u1", country: "IN" }), true);
  assert.equal(flags.booleanValue("india", true, { targetingKey: "u1", country: "LK" }), false);
  const answers = Array.from({ length: 1_000 }, (_, i) => flags.booleanValue("half", false, { user_id: `u${i}` }));
  const share = answers.filter(Boolean).length;
  assert.ok(share > 400 && share < 600, String(share));
  assert.deepEqual(flags.details("half", false).errorCode, "TARGETING_KEY_MISSING");
  assert.deepEqual(flags.details("india", false, { country: "IN" }), { key: "india", value: true, variant: "on", reason: "TARGETING_MATCH", version: 1, metadata: { rule: "r1" } });
  assert.equal(flags.stringValue("india", "text", {}), "text");
  assert.deepEqual(Object.keys(flags.allFlags({})), ["half", "india"]);
  assert.equal(server.asked.length, asked);
});

test("an evaluation never throws, whatever its context is", async (t) => {
  const rules = [{ id: "r", if: { attribute: "a.b", op: "gt", values: [1] }, serve: { variant: "on" } }];
  const flags = client(t, await plane(t, ["put", signer.put(manifest(1, { x: flag(false, { rules }) }))]));
  await flags.ready();
  for (const odd of [undefined, null, 1, "text", [], () => {}, Symbol("s"), 10n, { a: null }, { a: { b: 10n } }, { a: { b: NaN } }, new Proxy({}, { ownKeys: () => { throw new Error(); }, has: () => { throw new Error(); } })] as never[]) {
    assert.equal(flags.booleanValue("x", false, odd), false);
    flags.track("e", odd);
  }
});

test("a delta leads to the next version, signed as a whole, and tells what changed", async (t) => {
  const inSegment = flag(false, { rules: [{ id: "r", if: { segment: "staff" }, serve: { variant: "on" } }] });
  const asking = flag(true, { prerequisites: { flag: "inside", variants: ["on"] } });
  const staff = (included: string[]) => ({ staff: { included, excluded: [], rules: [], version: 1 } });
  const before = manifest(1, { same: flag(true), inside: inSegment, asking }, staff([]));
  const after = manifest(2, { same: flag(true), inside: inSegment, asking }, staff(["u1"]));
  let say: (text: string) => void = () => {};
  const server = await upstream(t, {
    [JWKS]: json(signer.jwks),
    [STREAM]: (_, response) => {
      response.writeHead(200).write(event("put", signer.put(before)));
      say = (text) => response.write(text);
    },
  });
  const flags = client(t, server);
  await flags.ready();
  const heard: string[][] = [];
  flags.onChange((keys) => heard.push([...keys].sort()));
  assert.equal(flags.isEnabled("asking", false, { targetingKey: "u1" }), false);
  say(event("delta", signer.delta(before, after)));
  await until(() => flags.version === 2);
  assert.equal(flags.isEnabled("asking", false, { targetingKey: "u1" }), true);
  assert.deepEqual(heard, [["asking", "inside"]]);
});

test("what is not signed by the control plane replaces nothing", async (t) => {
  const other = new Signer();
  const impostor = new Signer(signer.kid);
  const good = signer.put(ONE);
  const tampered: Record<string, [string, any]> = {
    "a changed flag": ["put", { ...signer.put(TWO), manifest: manifest(2, { a: flag(true) }) }],
    "another's signature": ["put", { ...signer.put(TWO), signature: other.put(TWO).signature }],
    "another's statement": ["put", { ...signer.put(TWO), freshness: other.put(TWO).freshness }],
    "a statement about another version": ["put", { ...signer.put(TWO), freshness: good.freshness }],
    "a forgery in the signer's name": ["put", impostor.put(TWO)],
    "a forged statement about an old manifest": ["put", { ...signer.put(TWO, { agoMs: 3 * HOUR }), freshness: impostor.freshness(TWO) }],
    "a forged signature beside a good statement": ["put", { ...signer.put(TWO), signature: impostor.put(TWO).signature }],
    "a delta with another checksum": ["delta", { ...signer.delta(ONE, TWO), checksum: `sha256:${"0".repeat(64)}` }],
    "no signature": ["put", { version: 2, manifest: TWO }],
    "another environment": ["put", signer.put({ ...TWO, environment: "01JOTHER" })],
    "an attached signature": ["put", { ...signer.put(TWO), signature: signer.freshness(TWO) }],
    "an older version": ["put", signer.put(manifest(0, {}))],
    "one that nobody calls the newest any more": ["put", signer.put(TWO, { agoMs: 3 * HOUR })],
    "a changed delta": ["delta", { ...signer.delta(ONE, TWO), flags: { a: flag(true) } }],
    "a changed delta whose checksum was counted anew": ["delta", forged()],
    "a delta from elsewhere": ["delta", { ...signer.delta(ONE, TWO), from: 7 }],
    "a delta without members": ["delta", { format: 1, environment: ONE.environment, from: 1, to: 2 }],
    "a header of the sender's": ["put", { ...signer.put(TWO), signature: signer.put(TWO).signature.replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString("base64url")) }],
  };
  for (const [what, [name, said]] of Object.entries(tampered)) {
    await t.test(what, async (t) => {
      const server = await plane(t, ["put", good], [name, said]);
      const flags = client(t, server);
      await until(() => flags.error);
      assert.equal(flags.version, 1, what);
      assert.equal(flags.isEnabled("a"), true);
      await until(() => server.paths().filter((path) => path === STREAM).length > 1);
      assert.equal(server.asked.filter(({ path }) => path === STREAM).at(-1)!.headers["last-event-id"], undefined, "the whole state is asked for");
    });
  }
});

function forged(): object {
  const made = manifest(2, { a: flag(true), c: flag(true) });
  return { ...signer.delta(ONE, TWO), flags: { a: flag(true), c: flag(true) }, checksum: checksum(made) };
}

/** Shows these sets of keys one after the other, the last one again and again. */
function keysOneByOne(server: Upstream, ...sets: object[]): void {
  let asked = 0;
  server.answers[JWKS] = (request, response, body) => json(sets[Math.min(asked++, sets.length - 1)])(request, response, body);
}

test("a key that signs since a rotation is fetched where a known one vouches for it; one that was brought along is the only one", async (t) => {
  const [second, third] = [new Signer(), new Signer()];
  const server = await plane(t, ["put", signer.put(ONE)], ["put", second.put(TWO)], ["put", third.put(manifest(3, {}))]);
  keysOneByOne(server, signer.jwks, signer.vouching([second, signer]), second.vouching([third, second]));
  const flags = client(t, server);
  await until(() => flags.version === 3);
  assert.deepEqual(Object.values(flags.refused).filter(Boolean), []);
  const pinned = client(t, server, { publicKeys: signer.jwks });
  await until(() => pinned.error);
  assert.equal(pinned.version, 1);
  assert.match(pinned.error!.message, /is not among the public keys/);
  assert.ok(pinned.refused.unknown_signer > 0);
});

test("keys that no known one vouches for are refused, and what was held is served on", async (t) => {
  const [enemy, second] = [new Signer(), new Signer()];
  const forged: Record<string, object> = {
    none: { keys: [] },
    "a stranger": enemy.jwks,
    "one that signs itself": enemy.vouching([enemy]),
    "one beside ours": { keys: [enemy.jwk, signer.jwk] },
    "both, signed by it": enemy.vouching([enemy, signer]),
    "two rotations later": second.vouching([enemy, second]),
    "one under the name of ours": { keys: [{ ...enemy.jwk, kid: signer.kid }] },
    "one that was slipped in beside those that were signed": signer.vouching([second, signer], [enemy, signer]),
  };
  for (const [what, keys] of Object.entries(forged)) {
    await t.test(what, async (t) => {
      const warned = t.mock.method(console, "warn", () => {});
      const server = await plane(t, ["put", signer.put(ONE)], ["put", enemy.put(TWO)]);
      keysOneByOne(server, signer.jwks, keys);
      let stored = "";
      const flags = client(t, server, { store: { load: () => undefined, save: (text) => void (stored = text) } });
      await until(() => flags.refused.strangers + flags.refused.unknown_signer > 1);
      assert.deepEqual([flags.version, flags.isEnabled("a")], [1, true]);
      if (flags.refused.strangers) assert.match(flags.error!.message, /no known key vouches for them/);
      assert.match(String(warned.mock.calls[0]!.arguments[0]), /^FlagForge: refused \((strangers|unknown_signer)\): /);
      assert.ok(!stored.includes((enemy.jwk as any).x), "it is not kept for the next start");
    });
  }
});

test("the keys that were stored decide from the next start on", async (t) => {
  const [enemy, second] = [new Signer(), new Signer()];
  t.mock.method(console, "warn", () => {});
  let stored: string | undefined;
  const store = { load: () => stored, save: (text: string) => void (stored = text) };
  await client(t, await plane(t, ["put", signer.put(ONE)]), { store }).ready();
  await until(() => stored);
  const impostor = await upstream(t, { [STREAM]: streaming(["put", enemy.put(TWO)]), [JWKS]: json(enemy.jwks) });
  const again = client(t, impostor, { store, bootstrap: enemy.put(TWO) });
  await until(() => again.refused.strangers > 1);
  assert.deepEqual([again.version, again.isEnabled("a")], [1, true]);
  const rotated = await upstream(t, { [STREAM]: streaming(["put", second.put(TWO)]), [JWKS]: json(signer.vouching([second, signer])) });
  const late = client(t, rotated, { store });
  await until(() => late.version === 2);
  await until(() => stored!.includes((second.jwk as any).x));
});

test("a statement that comes later keeps a quiet environment fresh", async (t) => {
  const server = await plane(t, ["put", signer.put(ONE, { agoMs: HOUR })], ["freshness", { freshness: signer.freshness(ONE) }]);
  const flags = client(t, server);
  await flags.ready();
  flags.isEnabled("a");
  assert.deepEqual([flags.cacheStats().fresh, flags.cacheStats().stale], [0, 0], "telemetry is off, so nothing is counted");
  const counted = client(t, await plane(t, ["put", signer.put(ONE, { agoMs: HOUR })]), { telemetry: true });
  await counted.ready();
  counted.isEnabled("a");
  assert.equal(counted.cacheStats().stale, 1);
  const renewed = client(t, server, { telemetry: true });
  await renewed.ready();
  await new Promise((resolve) => setTimeout(resolve, 100));
  renewed.isEnabled("a");
  assert.equal(renewed.cacheStats().fresh, 1);
});

test("long polls and polls bring the same, with the same proofs", async (t) => {
  const { signature, freshness } = signer.put(TWO);
  const text = (await import("../src/core/canonical.js")).canonical(TWO);
  const server = await upstream(t, {
    [JWKS]: json(signer.jwks),
    [POLL]: (request, response, body) => (request.url!.includes("since=1") ? json({ type: "delta", ...signer.delta(ONE, TWO) })(request, response, body) : request.url!.includes("since=2") ? undefined : json({ type: "put", ...signer.put(ONE) })(request, response, body)),
    [RULESET]: (request, response) => {
      const headers = { "FlagForge-Signature": signature, "FlagForge-Freshness": freshness };
      if (request.headers["if-none-match"] === `"${checksum(TWO)}"`) response.writeHead(304, headers).end();
      else response.writeHead(200, headers).end(text);
    },
  });
  const waiting = client(t, server, { mode: "long-polling" });
  await until(() => waiting.version === 2);
  const polling = client(t, server, { mode: "polling" });
  await until(() => server.asked.filter(({ path, headers }) => path === RULESET && headers["if-none-match"]).length > 1);
  assert.deepEqual([polling.version, polling.isEnabled("c"), polling.status], [2, true, "live"]);
  server.answers[RULESET] = (_, response) => void response.writeHead(200, { "FlagForge-Signature": signature, "FlagForge-Freshness": freshness }).end(text.replace('"environment"', ' "environment"'));
  const spaced = client(t, server, { mode: "polling" });
  await until(() => spaced.error);
  assert.equal(spaced.version, undefined);
});

test("a signed file is enough, without any server", async (t) => {
  const file = JSON.stringify({ type: "put", ...signer.put(ONE, { agoMs: 1_000 * HOUR }) });
  for (const bootstrap of [file, new TextEncoder().encode(file), JSON.parse(file)]) {
    const flags = client(t, { url: "http://127.0.0.1:9" }, { mode: "offline", publicKeys: signer.jwks, bootstrap });
    assert.equal(await flags.ready(), true);
    assert.deepEqual([flags.status, flags.isEnabled("a")], ["offline", true]);
  }
  for (const [bootstrap, publicKeys] of [[file.replace("true", "false"), signer.jwks], [file, new Signer().jwks], [file, undefined], ["nonsense", signer.jwks], ["3", signer.jwks]] as const) {
    const flags = client(t, { url: "http://127.0.0.1:9" }, { mode: "offline", publicKeys, bootstrap });
    assert.equal(await flags.ready(), false);
    assert.ok(flags.error);
    assert.equal(flags.booleanValue("a", true), true);
  }
});

test("the last good state is stored, and serves a start while the server is away", async (t) => {
  let stored: string | undefined;
  const store = { load: () => stored, save: (text: string) => void (stored = text) };
  const server = await plane(t, ["put", signer.put(ONE)]);
  await client(t, server, { store }).ready();
  await until(() => stored);
  const away = await upstream(t, { [STREAM]: status(503) });
  const flags = client(t, away, { store });
  assert.equal(await flags.ready(), true);
  await until(() => flags.status === "stale");
  assert.equal(flags.isEnabled("a"), true);
  stored = stored!.replace('"fallthrough":{"variant":"on"}', '"fallthrough":{"variant":"off"}');
  const refused = client(t, away, { store });
  assert.equal(await refused.ready(200), false);
  assert.ok(refused.error);
  stored = "{";
  assert.equal(await client(t, server, { store }).ready(), true);
});

test("a pattern is judged with re2js, and alone is PARSE_ERROR without it", async (t) => {
  const rules = [{ id: "r", if: { attribute: "email", op: "matches", values: ["^[a-z]+@acme\\.example$"] }, serve: { variant: "on" } }];
  const flags = client(t, await plane(t, ["put", signer.put(manifest(1, { x: flag(false, { rules }), y: flag(true) }))]));
  await flags.ready();
  assert.equal(flags.isEnabled("x", false, { email: "kim@acme.example" }), true);
  assert.deepEqual([...flags.unreadable], []);
});

test("telemetry says which variants somebody was served", async (t) => {
  const split = { split: { by: "targetingKey", salt: "s", ranges: [["on", 0, 99_999], ["off", 99_999, 100_000]] } };
  const server = await plane(t, ["put", signer.put(manifest(3, { half: flag(true, { fallthrough: split }), a: flag(true) }))]);
  server.answers[EVENTS] = status(202);
  const flags = client(t, server, { telemetry: true });
  await flags.ready();
  for (let i = 0; i < 200; i++) flags.isEnabled("half", false, { targetingKey: `u${i % 2}` });
  flags.isEnabled("a");
  flags.track("purchase", { userId: 7 }, 2);
  await flags.flush();
  const batch = JSON.parse(server.asked.find(({ path }) => path === EVENTS)!.body);
  assert.deepEqual(batch.counts, [{ flag: "half", variant: "on", reason: "SPLIT", version: 1, n: 200 }, { flag: "a", variant: "on", reason: "STATIC", version: 1, n: 1 }]);
  assert.deepEqual(batch.exposures.map(({ subject }: any) => subject), ["u0", "u1"]);
  assert.deepEqual([batch.events[0].subject, batch.events[0].value, batch.manifest], ["7", 2, 3]);
  const { gamma, buckets } = JSON.parse(atob(batch.latency.sketch));
  assert.deepEqual([batch.latency.unit, gamma], ["ns", 1.02 / 0.98]);
  const timed = Object.entries(buckets) as [string, number][];
  assert.equal(timed.reduce((sum, [, n]) => sum + n, 0), Math.ceil(201 / 64));
  assert.ok(timed.every(([bucket]) => Number(bucket) >= 0 && gamma ** Number(bucket) < 1e9));
  flags.isEnabled("a");
  await flags.flush();
  const next = JSON.parse(server.asked.filter(({ path }) => path === EVENTS).at(-1)!.body);
  assert.equal(next.latency, undefined, "nothing is told twice");
});

test("two hundred swaps are each seen whole", async (t) => {
  let say: (text: string) => void = () => {};
  const stamped = (n: number) => manifest(n, { one: flag(true, { version: n }), other: flag(true, { version: n }) });
  const server = await upstream(t, {
    [JWKS]: json(signer.jwks),
    [STREAM]: (_, response) => {
      response.writeHead(200).write(event("put", signer.put(stamped(1))));
      say = (text) => response.write(text);
    },
  });
  const flags = client(t, server);
  await flags.ready();
  let looked = 0;
  const look = setInterval(() => {
    looked++;
    assert.equal(flags.details("one", false).version, flags.details("other", false).version);
  });
  for (let n = 1; n < 200; n++) say(event("delta", signer.delta(stamped(n), stamped(n + 1))));
  await until(() => flags.version === 200, 30_000);
  clearInterval(look);
  assert.ok(looked > 0);
});
