import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Client, type Options } from "../src/index.js";
import { EVENTS, FLAGS, QUICK, STREAM, type Upstream, entry, event, json, status, streaming, until, upstream, values } from "./upstream.js";

const KEY = "ff_client_test";

function memory(): Storage & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return { kept, getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => void kept.set(name, value) } as never;
}

function client(test: TestContext, server: { url: string }, options: Partial<Options> = {}): Client {
  const made = new Client({ baseUrl: server.url, sdkKey: KEY, context: { targetingKey: "u1" }, storage: null, timing: QUICK, ...options });
  test.after(() => made.close());
  return made;
}

const SOME = { on: entry(true), text: entry("a"), number: entry(1.5), object: entry({ a: 1 }), zero: entry(0), none: { variant: "", reason: "DISABLED", version: 1, metadata: {} } };

test("values come typed, with why", async (t) => {
  const server = await upstream(t, { [STREAM]: streaming(["put", values(7, { ...SOME, split: entry("b", { reason: "SPLIT", variant: "b", metadata: { rule: "r1" } }) })]) });
  const flags = client(t, server);
  assert.equal(await flags.ready(), true);
  assert.equal(flags.booleanValue("on", false), true);
  assert.equal(flags.isEnabled("on"), true);
  assert.equal(flags.stringValue("text", ""), "a");
  assert.equal(flags.numberValue("number", 0), 1.5);
  assert.equal(flags.numberValue("zero", 9), 0);
  assert.deepEqual(flags.objectValue("object", {}), { a: 1 });
  assert.deepEqual(flags.details("split", ""), { key: "split", value: "b", variant: "b", reason: "SPLIT", version: 1, metadata: { rule: "r1" } });
  assert.equal(flags.version, 7);
  assert.equal(flags.status, "live");
  assert.deepEqual(Object.keys(flags.allFlags()), [...Object.keys(SOME), "split"]);
  const asked = server.asked[0]!;
  assert.deepEqual([asked.path, asked.query.get("context"), asked.headers["x-api-key"]], [STREAM, '{"targetingKey":"u1"}', KEY]);
});

test("the default stands in, with the reason or the error's code", async (t) => {
  const flags = client(t, await upstream(t, { [STREAM]: streaming(["put", values(1, { ...SOME, keyless: { errorCode: "TARGETING_KEY_MISSING", errorDetails: "needs a key", version: 1, metadata: {} } })]) }));
  assert.equal(flags.details("on", true).errorCode, "PROVIDER_NOT_READY");
  await flags.ready();
  assert.deepEqual([flags.details("none", true).value, flags.details("none", true).reason], [true, "DISABLED"]);
  const mismatch = flags.details("text", false);
  assert.deepEqual([mismatch.value, mismatch.reason, mismatch.errorCode], [false, "ERROR", "TYPE_MISMATCH"]);
  for (const key of ["unknown", "constructor", "__proto__", "toString"]) assert.equal(flags.details(key, 3).errorCode, "FLAG_NOT_FOUND");
  assert.deepEqual([flags.details("keyless", "d").value, flags.details("keyless", "d").errorCode], ["d", "TARGETING_KEY_MISSING"]);
});

test("an evaluation never throws, whatever it is asked with", async (t) => {
  const flags = client(t, await upstream(t, { [STREAM]: streaming(["put", values(1, SOME)]) }));
  await flags.ready();
  for (const odd of [undefined, null, NaN, {}, [], Symbol("s"), () => {}, 10n] as never[]) {
    flags.details(odd, odd);
    flags.track(odd, odd);
    await flags.setContext({ odd, targetingKey: "u1" }, 1_000);
  }
  const circle: Record<string, unknown> = { targetingKey: "u1", country: "IN" };
  circle["self"] = circle;
  await flags.setContext(circle);
  assert.equal(flags.booleanValue("on", false), true);
});

test("a key that cannot be sent, and an address that is none, leave the defaults", async (t) => {
  for (const options of [{ sdkKey: "ff_client_\n" }, { baseUrl: "nonsense" }, { baseUrl: undefined as never }]) {
    const flags = client(t, { url: "http://127.0.0.1:9" }, options);
    assert.equal(await flags.ready(50), false);
    assert.equal(flags.booleanValue("on", true), true);
  }
});

test("changes are heard, each with the keys that changed and no others", async (t) => {
  let say: (text: string) => void = () => {};
  const server = await upstream(t, {
    [STREAM]: (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(event("put", values(1, { a: entry(true), b: entry({ x: 1 }), c: entry(1) })));
      say = (text) => response.write(text);
    },
  });
  const flags = client(t, server);
  await flags.ready();
  const heard: (readonly string[])[] = [];
  const stop = flags.onChange((keys) => heard.push(keys));
  const object = flags.objectValue("b", {});
  say(event("delta", { from: 1, to: 2, flags: { a: entry(false), b: entry({ x: 1 }), d: entry("new") }, removed: ["c"] }));
  await until(() => flags.version === 2);
  assert.deepEqual(heard.map((keys) => [...keys].sort()), [["a", "c", "d"]]);
  assert.deepEqual([flags.booleanValue("a", true), flags.numberValue("c", 5), flags.stringValue("d", "")], [false, 5, "new"]);
  assert.equal(flags.objectValue("b", {}), object);
  stop();
  say(event("delta", { from: 2, to: 3, flags: { a: entry(true) }, removed: [] }));
  await until(() => flags.version === 3);
  assert.equal(heard.length, 1);
});

test("a delta from another version is not taken; the whole state is asked for", async (t) => {
  const server = await upstream(t, {
    [STREAM]: (request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      const isFirst = server.asked.length === 1;
      response.write(event("put", values(isFirst ? 1 : 9, { a: entry(!isFirst) })));
      if (isFirst) response.write(event("delta", { from: 5, to: 6, flags: { a: entry("wrong") }, removed: [] }));
    },
  });
  const flags = client(t, server);
  await until(() => flags.version === 9);
  assert.equal(flags.booleanValue("a", false), true);
  assert.equal(server.asked[1]!.headers["last-event-id"], undefined);
});

test("another context is asked for at once, and nobody is served what was somebody else's", async (t) => {
  const server = await upstream(t, {
    [STREAM]: (request, response) => {
      const { targetingKey } = JSON.parse(new URL(request.url!, "http://h").searchParams.get("context")!);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      if (targetingKey !== "late") response.write(event("put", values(1, { who: entry(targetingKey) })));
    },
  });
  const flags = client(t, server);
  await flags.ready();
  assert.equal(await flags.setContext({ targetingKey: "u2" }), true);
  assert.equal(flags.stringValue("who", ""), "u2");
  assert.equal(await flags.setContext({ userId: "late" }, 50), false);
  assert.equal(flags.stringValue("who", "nobody"), "nobody");
  assert.equal(await flags.setContext({ user_id: "u3" }), true);
  assert.equal(flags.stringValue("who", ""), "u3");
});

test("values and the anonymous key are kept, and the next page begins with them while the server is away", async (t) => {
  const storage = memory();
  const server = await upstream(t, { [STREAM]: streaming(["put", values(4, { a: entry("kept") })]) });
  const first = client(t, server, { storage, context: { country: "IN" } });
  await first.ready();
  const [key] = [JSON.parse(server.asked[0]!.query.get("context")!).targetingKey];
  await first.close();
  delete server.answers[STREAM];
  server.answers[STREAM] = status(503);
  const next = client(t, server, { storage, context: { country: "IN" } });
  assert.match(key, /^anonymous-[a-z0-9]{26}$/);
  assert.equal(next.stringValue("a", ""), "kept");
  await until(() => server.asked.length > 1);
  assert.equal(JSON.parse(server.asked[1]!.query.get("context")!).targetingKey, key);
  await until(() => next.status === "stale");
  const other = client(t, server, { storage, context: { country: "LK" } });
  assert.equal(other.stringValue("a", "default"), "default");
});

test("what was stored long ago serves only when the server cannot be asked, and what was spoilt never", async (t) => {
  const storage = memory();
  const server = await upstream(t, { [STREAM]: streaming(["put", values(4, { a: entry("kept") })]) });
  await client(t, server, { storage }).ready();
  const [name, text] = [...storage.kept].find(([name]) => name.startsWith("flagforge.values."))!;
  const [kept] = JSON.parse(text);
  server.answers[STREAM] = (_, response) => void setTimeout(() => response.destroy(), 50);
  storage.kept.set(name, JSON.stringify([{ ...kept, at: kept.at - 2 * 86_400_000 }]));
  const old = client(t, server, { storage });
  assert.equal(old.stringValue("a", "default"), "default");
  await until(() => old.stringValue("a", "default") === "kept");
  assert.ok(old.cacheStats().expired > 0);
  storage.kept.set(name, JSON.stringify([{ ...kept, text: kept.text.replace("kept", "spoilt") }]));
  assert.equal(client(t, server, { storage }).stringValue("a", "default"), "default");
});

test("a storage that forbids everything changes nothing", async (t) => {
  const forbid = () => {
    throw new Error("SecurityError");
  };
  const flags = client(t, await upstream(t, { [STREAM]: streaming(["put", values(1, SOME)]) }), { storage: { getItem: forbid, setItem: forbid }, context: {} });
  await flags.ready();
  assert.equal(flags.isEnabled("on"), true);
});

test("a page that was served with values has them before anything is asked", (t) => {
  const flags = client(t, { url: "http://127.0.0.1:9" }, { bootstrap: values(3, { a: entry("inline") }) as never, mode: "offline" });
  assert.equal(flags.stringValue("a", ""), "inline");
  assert.deepEqual([flags.status, flags.version], ["offline", 3]);
});

test("an override is served and marked until it is taken back", async (t) => {
  const flags = client(t, await upstream(t, { [STREAM]: streaming(["put", values(1, SOME)]) }));
  await flags.ready();
  const heard: string[] = [];
  flags.onChange((keys) => heard.push(...keys));
  flags.override("on", false);
  const details = flags.details("on", true);
  assert.deepEqual([details.value, details.reason, details.metadata], [false, "OVERRIDE", { override: true }]);
  assert.equal(flags.allFlags()["on"]!.value, false);
  flags.override("on", undefined);
  assert.equal(flags.booleanValue("on", false), true);
  assert.deepEqual(heard, ["on", "on"]);
});

test("a listener that breaks does not keep the others from hearing", async (t) => {
  const said = t.mock.method(console, "error", () => {});
  const flags = client(t, await upstream(t, { [STREAM]: streaming(["put", values(1, SOME)]) }));
  const heard: unknown[] = [];
  flags.onChange(() => {
    throw new Error("mine");
  });
  flags.onChange((keys) => heard.push(keys));
  await flags.ready();
  assert.equal(said.mock.callCount(), 1);
  assert.equal(heard.length, 1);
  assert.equal(flags.status, "live");
});

async function sent(server: Upstream): Promise<any> {
  await until(() => server.paths().includes(EVENTS));
  return JSON.parse(server.asked.find(({ path }) => path === EVENTS)!.body);
}

test("telemetry sums evaluations and tells each exposure once", async (t) => {
  const server = await upstream(t, {
    [STREAM]: streaming(["put", values(7, { on: entry(true), split: entry("b", { reason: "SPLIT", variant: "b", version: 3 }), ruled: entry("b", { reason: "SPLIT", variant: "b", metadata: { rule: "r1" } }) })]),
    [EVENTS]: (_, response) => void response.writeHead(202).end("{}"),
  });
  const flags = client(t, server, { application: "shop", instance: "tab" });
  flags.isEnabled("on");
  await flags.ready();
  for (let i = 0; i < 1000; i++) flags.isEnabled("on");
  for (let i = 0; i < 10; i++) flags.stringValue("split", "a");
  flags.stringValue("ruled", "a");
  flags.isEnabled("old-banner");
  flags.track("purchase", 12.5);
  flags.track("seen");
  await flags.flush();
  const { batch, sdk, from, to, manifest, counts, cache, exposures, events, unknown_flags } = await sent(server);
  assert.match(batch, /^[a-z0-9]{26}$/);
  assert.deepEqual(sdk, { name: "flagforge-javascript", version: sdk.version, application: "shop", instance: "tab", mode: "streaming" });
  assert.ok(from <= to);
  assert.equal(manifest, 7);
  assert.deepEqual(counts, [
    { flag: "on", variant: "on", reason: "STATIC", version: 1, n: 1000 },
    { flag: "split", variant: "b", reason: "SPLIT", version: 3, n: 10 },
    { flag: "ruled", variant: "b", reason: "SPLIT", version: 1, n: 1 },
  ]);
  assert.deepEqual(cache, { fresh: 1012, stale: 0, expired: 0, miss: 1 });
  assert.deepEqual(exposures.map(({ at, ...rest }: any) => rest), [{ flag: "split", variant: "b", subject: "u1" }, { flag: "ruled", variant: "b", subject: "u1", rule: "r1" }]);
  assert.deepEqual(events.map(({ at, ...rest }: any) => rest), [{ event: "purchase", subject: "u1", value: 12.5 }, { event: "seen", subject: "u1" }]);
  assert.deepEqual(unknown_flags, { "old-banner": 1 });
  assert.deepEqual(flags.cacheStats(), { fresh: 1012, stale: 0, expired: 0, miss: 1, dropped: 0 });
});

test("a batch that did not arrive comes again as it was, is bounded meanwhile, and no evaluation is lost", async (t) => {
  const server = await upstream(t, { [STREAM]: streaming(["put", values(7, { on: entry(true) })]), [EVENTS]: status(503) });
  const flags = client(t, server);
  await flags.ready();
  for (let i = 0; i < 13; i++) {
    flags.isEnabled("on");
    await flags.flush();
  }
  server.answers[EVENTS] = status(202);
  const before = server.asked.length;
  await flags.flush();
  const batches = server.asked.slice(before).filter(({ path }) => path === EVENTS).map(({ body }) => JSON.parse(body));
  assert.equal(batches.length, 11); // ten that waited, and one of what was counted further
  assert.equal(new Set(batches.map(({ batch }) => batch)).size, 11);
  assert.equal(batches.reduce((sum, { counts }) => sum + counts[0].n, 0), 13);
  assert.equal(flags.cacheStats().dropped, 0);
  for (let i = 0; i < 3_000; i++) flags.track("seen");
  assert.equal(flags.cacheStats().dropped, 2_000);
});

test("what is asked of more flags than a batch holds goes into two", async (t) => {
  const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`flag-${i}`, entry(true)]));
  const server = await upstream(t, { [STREAM]: streaming(["put", values(7, many)]), [EVENTS]: status(202) });
  const flags = client(t, server);
  await flags.ready();
  for (const key of Object.keys(many)) flags.isEnabled(key);
  await flags.flush();
  const sizes = server.asked.filter(({ path }) => path === EVENTS).map(({ body }) => JSON.parse(body).counts.length);
  assert.deepEqual(sizes, [2_500, 500]);
});

test("without telemetry nothing is sent, and close sends what waits", async (t) => {
  const server = await upstream(t, { [STREAM]: streaming(["put", values(7, { on: entry(true) })]), [EVENTS]: status(202) });
  const quiet = client(t, server, { telemetry: false });
  await quiet.ready();
  quiet.isEnabled("on");
  await quiet.close();
  assert.ok(!server.paths().includes(EVENTS));
  const flags = client(t, server);
  await flags.ready();
  flags.isEnabled("on");
  await flags.close();
  assert.ok(server.paths().includes(EVENTS));
  assert.equal(flags.status, "closed");
  assert.equal(flags.isEnabled("on"), true);
});

test("polling asks with the tag of what it has", async (t) => {
  const server = await upstream(t, {
    [FLAGS]: (request, response, body) => {
      if (request.headers["if-none-match"] === '"1"') response.writeHead(304, { ETag: '"1"' }).end();
      else json(values(1, { who: entry(JSON.parse(body).context.targetingKey) }), { ETag: '"1"' })(request, response, body);
    },
  });
  const flags = client(t, server, { mode: "polling" });
  await flags.ready();
  await until(() => server.asked.length >= 3);
  assert.equal(flags.stringValue("who", ""), "u1");
  assert.deepEqual(server.asked.slice(0, 3).map(({ method, headers }) => [method, headers["if-none-match"]]), [["POST", undefined], ["POST", '"1"'], ["POST", '"1"']]);
  await flags.setContext({ targetingKey: "u2" });
  assert.equal(flags.stringValue("who", ""), "u2");
});

test("a context that is too long for an address is polled for", async (t) => {
  const server = await upstream(t, { [FLAGS]: json(values(1, { on: entry(true) })) });
  const flags = client(t, server, { context: { targetingKey: "u", bio: "x".repeat(10_000) } });
  assert.equal(await flags.ready(), true);
  assert.equal(flags.mode, "polling");
});

test("an EventSource can be brought along, with the key in its address", async (t) => {
  const addresses: string[] = [];
  class Source {
    onerror = null;
    constructor(url: string) {
      addresses.push(url);
    }
    addEventListener(name: string, listener: (event: { data: string }) => void) {
      if (name === "put") setTimeout(() => listener({ data: JSON.stringify(values(2, { on: entry(true) })) }));
    }
    close() {}
  }
  const flags = client(t, { url: "http://127.0.0.1:9" }, { EventSource: Source as never });
  assert.equal(await flags.ready(), true);
  assert.equal(flags.isEnabled("on"), true);
  assert.deepEqual(addresses, [`http://127.0.0.1:9${STREAM}?context=${encodeURIComponent('{"targetingKey":"u1"}')}&key=${KEY}`]);
});
