import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Breaker } from "../src/client/breaker.js";
import { EventReader } from "../src/client/events.js";
import { Client, type Options } from "../src/index.js";
import { FLAGS, IMPATIENT, POLL, QUICK, STREAM, entry, event, json, silent, status, streaming, until, upstream, values } from "./upstream.js";

const ONE = values(1, { a: entry(true) });

function client(test: TestContext, server: { url: string }, options: Partial<Options> = {}): Client {
  const made = new Client({ baseUrl: server.url, sdkKey: "ff_client_test", context: { targetingKey: "u" }, storage: null, telemetry: false, timing: QUICK, ...options });
  test.after(() => made.close());
  return made;
}

/** Answers a poll at once where nothing is held, then never. */
const held = json({ type: "put", ...ONE });

test("behind a proxy that buffers streams, long polls are used", async (t) => {
  const server = await upstream(t, { [STREAM]: silent, [POLL]: (request, response, body) => (request.url!.includes("since=") ? undefined : held(request, response, body)) });
  const flags = client(t, server, { timing: IMPATIENT });
  await until(() => flags.status === "live");
  assert.equal(flags.mode, "long-polling");
  await until(() => server.asked.at(-1)!.query.get("since") === "1");
  assert.ok(!server.paths().includes(FLAGS));
});

test("behind a proxy that holds long polls back too, polls are used", async (t) => {
  const server = await upstream(t, { [STREAM]: silent, [POLL]: () => {}, [FLAGS]: json(ONE) });
  const flags = client(t, server, { timing: IMPATIENT });
  await until(() => flags.status === "live");
  assert.equal(flags.mode, "polling");
});

test("a proxy that cuts streams leads to long polls after three cuts", async (t) => {
  const server = await upstream(t, {
    [STREAM]: (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(event("put", ONE));
      setTimeout(() => response.destroy(), 20);
    },
    [POLL]: held,
  });
  const flags = client(t, server, { timing: { ...QUICK, shortMs: 10_000 } });
  await until(() => flags.mode === "long-polling");
  assert.ok(server.paths().filter((path) => path === STREAM).length >= 3);
  assert.equal(flags.isEnabled("a"), true);
  assert.equal(flags.circuitState, "closed");
});

test("where a proxy does not know streams, the next way is taken at once", async (t) => {
  const server = await upstream(t, { [STREAM]: status(405), [POLL]: status(404), [FLAGS]: json(ONE) });
  const flags = client(t, server);
  assert.equal(await flags.ready(), true);
  assert.deepEqual(server.paths().slice(0, 3), [STREAM, POLL, FLAGS]);
});

test("a stream that works again is found again", async (t) => {
  const server = await upstream(t, { [STREAM]: status(405), [POLL]: status(404), [FLAGS]: json(ONE) });
  const flags = client(t, server, { timing: { ...QUICK, probeMs: 50 } });
  await until(() => flags.mode === "polling");
  server.answers[STREAM] = streaming(["put", values(2, { a: entry(true) })]);
  await until(() => flags.mode === "streaming" && flags.version === 2);
});

test("a stream that falls silent is opened anew from where it was", async (t) => {
  const server = await upstream(t, { [STREAM]: streaming(["put", ONE]), [POLL]: (_, response) => void response.writeHead(204).end() });
  const flags = client(t, server, { timing: IMPATIENT });
  await until(() => server.paths().includes(POLL));
  assert.equal(server.asked.at(-1)!.query.get("since"), "1");
  assert.equal(flags.isEnabled("a"), true);
});

test("heartbeats keep a stream alive", async (t) => {
  const timers: NodeJS.Timeout[] = [];
  t.after(() => timers.forEach(clearInterval));
  const server = await upstream(t, {
    [STREAM]: (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(event("put", ONE));
      timers.push(setInterval(() => response.write(": \n\n"), 50));
    },
  });
  const flags = client(t, server, { timing: { ...QUICK, silentMs: 1_000 } });
  await flags.ready();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  assert.deepEqual([server.paths(), flags.status], [[STREAM], "live"]);
});

test("a stream that comes back goes on from the version that is held", async (t) => {
  const server = await upstream(t, {
    [STREAM]: (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      if (server.asked.length > 1) return void response.write(event("delta", { from: 1, to: 2, flags: {}, removed: [] }));
      response.write(event("put", ONE));
      response.end(event("bye", { reason: "shutdown", retry_ms: 20 }));
    },
  });
  const flags = client(t, server);
  await until(() => flags.version === 2);
  assert.equal(server.asked[1]!.headers["last-event-id"], "1");
});

test("five failures open the circuit breaker; a probe that goes well closes it", async (t) => {
  const server = await upstream(t, { [STREAM]: status(500) });
  const seen: string[] = [];
  const flags = client(t, server, { timing: { ...QUICK, openMs: 2_000 } });
  await until(() => flags.circuitState === "open", 20_000);
  seen.push(flags.circuitState);
  const asked = server.asked.length;
  assert.equal(asked, 5);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(server.asked.length, asked);
  server.answers[STREAM] = streaming(["put", ONE]);
  await until(() => flags.status === "live");
  assert.deepEqual([flags.circuitState, server.asked.length], ["closed", asked + 1]);
});

test("a server that asks for patience gets it", async (t) => {
  const server = await upstream(t, { [STREAM]: status(503, { "Retry-After": "1" }) });
  client(t, server);
  await until(() => server.asked.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(server.asked.length, 1);
  await until(() => server.asked.length === 2);
});

test("a key that is refused is said, and not asked with again and again", async (t) => {
  const server = await upstream(t, { [STREAM]: status(401) });
  const flags = client(t, server);
  const heard: string[] = [];
  flags.onStatus((status) => heard.push(status));
  await until(() => flags.status === "refused");
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual([heard, server.asked.length], [["refused"], 1]);
});

test("a key that is revoked while it listens is said, and the values stay", async (t) => {
  const flags = client(t, await upstream(t, { [STREAM]: streaming(["put", ONE], ["bye", { reason: "key-revoked", retry_ms: 10 }]) }));
  await until(() => flags.status === "refused");
  assert.equal(flags.isEnabled("a"), true);
});

test("garbage leaves what is held, and is not hammered for", async (t) => {
  const server = await upstream(t, { [STREAM]: streaming(["put", ONE]) });
  const flags = client(t, server);
  await flags.ready();
  for (const garbage of ["event: put\ndata: {nonsense\n\n", "event: put\ndata: {}\n\n", "event: put\ndata: []\n\n"]) {
    server.answers[STREAM] = (_, response) => void response.writeHead(200).end(garbage);
    const before = server.asked.length;
    flags["feed"]!.restart();
    await until(() => server.asked.length > before);
    assert.equal(flags.isEnabled("a"), true);
  }
  await until(() => flags.circuitState === "open", 20_000);
  assert.equal(flags.status, "stale");
});

test("a slow answer has an end", async (t) => {
  const server = await upstream(t, { [FLAGS]: () => {} });
  const flags = client(t, server, { mode: "polling", timing: { ...QUICK, requestMs: 50 } });
  await until(() => server.asked.length >= 2);
  assert.equal(flags.booleanValue("a", true), true);
});

test("the breaker lets nothing through while it is open, and one attempt after", () => {
  const to: string[] = [];
  const breaker = new Breaker(1_000, (state) => to.push(state));
  for (let i = 0; i < 4; i++) breaker.failed(0);
  assert.equal(breaker.waits(0), 0);
  breaker.failed(0);
  const wait = breaker.waits(0);
  assert.ok(wait >= 500 && wait <= 1_000);
  assert.equal(breaker.waits(1_000), 0);
  assert.equal(breaker.state, "half-open");
  breaker.failed(1_000);
  assert.ok(breaker.waits(1_000) > 0);
  assert.equal(breaker.waits(2_000), 0);
  breaker.succeeded();
  assert.deepEqual(to, ["open", "half-open", "open", "half-open", "closed"]);
});

test("events are read however they are cut", async () => {
  const text = ": \n\nevent: put\r\nid: 3\ndata: {\"a\":\"ü\"}\r\n\r\nretry: 5\n\nevent: delta\ndata: 2\n\n";
  for (let size = 1; size < 12; size++) {
    const found: string[][] = [];
    const reader = new EventReader((name, data) => void found.push([name, data]));
    for (let at = 0; at < text.length; at += size) await reader.feed(text.slice(at, at + size));
    assert.deepEqual(found, [["put", '{"a":"ü"}'], ["delta", "2"]]);
  }
});
