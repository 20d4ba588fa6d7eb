// A server on a real socket that answers the SDK API as a test wants it: well, late, cut off, or with nonsense.

import { type KeyObject, createHash, generateKeyPairSync, sign } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { canonical } from "../src/core/canonical.js";

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface Upstream {
  readonly url: string;
  readonly asked: { path: string; query: URLSearchParams; headers: IncomingMessage["headers"]; body: string; method: string }[];
  /** By path; what is not there is 404. */
  readonly answers: Record<string, Answer>;
  paths(): string[];
}

export async function upstream(test: TestContext, answers: Record<string, Answer>): Promise<Upstream> {
  const asked: Upstream["asked"] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { pathname, searchParams } = new URL(request.url!, "http://here");
    asked.push({ path: pathname, query: searchParams, headers: request.headers, body, method: request.method! });
    const answer = answers[pathname];
    if (answer) answer(request, response, body);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => (server.closeAllConnections(), void server.close()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, answers, paths: () => asked.map(({ path }) => path) };
}

export const STREAM = "/api/v1/sdk/stream";
export const POLL = "/api/v1/sdk/poll";
export const FLAGS = "/api/v1/sdk/flags";
export const RULESET = "/api/v1/sdk/ruleset";
export const EVENTS = "/api/v1/sdk/events";
export const JWKS = "/.well-known/flagforge/jwks.json";

export function json(document: unknown, headers: Record<string, string> = {}): Answer {
  return (_, response) => void response.writeHead(200, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(document));
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_, response) => void response.writeHead(code, headers).end();
}

/** A stream that says these events and stays open. */
export function streaming(...events: [string, unknown][]): Answer {
  return (_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("retry: 2000\n\n");
    for (const [name, data] of events) response.write(event(name, data));
  };
}

export function event(name: string, data: unknown): string {
  return `event: ${name}\nid: 1\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Opens, and says nothing: as behind a proxy that buffers. */
export const silent: Answer = (_, response) => void response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();

export function entry(value: unknown, members: object = {}): object {
  return { value, variant: "on", reason: "STATIC", version: 1, metadata: {}, ...members };
}

export function values(version: number, flags: object): { environment: string; version: number; flags: object } {
  return { environment: "production", version, flags };
}

export async function until(isSo: () => unknown, ms = 10_000): Promise<void> {
  for (const begun = Date.now(); Date.now() - begun < ms; ) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`not within ${ms} ms: ${isSo}`);
}

/** Short waits, so that a test of patience need not be patient. */
export const QUICK = { firstMs: 10_000, silentMs: 10_000, shortMs: 200, pollMs: 30, longPollMs: 1_000, requestMs: 10_000, probeMs: 60_000, openMs: 100, refusedMs: 60_000, flushMs: 60_000 };
/** And where something is awaited that never comes. */
export const IMPATIENT = { ...QUICK, firstMs: 400, silentMs: 500, requestMs: 400 };

/** Signs as the control plane does. */
export class Signer {
  readonly kid: string;
  private readonly key: KeyObject;
  readonly jwk: object;

  /** `kid` is the name of somebody else, whose place is taken. */
  constructor(kid?: string) {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const { x } = publicKey.export({ format: "jwk" });
    this.key = privateKey;
    this.kid = kid ?? createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
    this.jwk = { kty: "OKP", crv: "Ed25519", x, kid: this.kid, alg: "EdDSA", use: "sig" };
  }

  get jwks(): { keys: any[] } {
    return { keys: [this.jwk] };
  }

  /** A set of keys that this one signed, as the control plane has it after a rotation; `shown` is what stands there unsigned. */
  vouching(signers: readonly Signer[], shown: readonly Signer[] = signers): { keys: any[]; signed: string } {
    const head = `${base64({ alg: "EdDSA", kid: this.kid, typ: "flagforge-keys" })}.${base64({ keys: signers.map(({ jwk }) => jwk) })}`;
    return { keys: shown.map(({ jwk }) => jwk), signed: `${head}.${this.signed(head)}` };
  }

  /** The manifest with its signature, and a statement of now (or of so long ago) that it is the newest. */
  put(manifest: object, { agoMs = 0, ...stated }: { agoMs?: number; [member: string]: unknown } = {}): any {
    const content = canonical(manifest);
    const head = base64({ alg: "EdDSA", b64: false, crit: ["b64"], kid: this.kid });
    const signature = `${head}..${this.signed(`${head}.${content}`)}`;
    return { version: (manifest as any).version, signature, freshness: this.freshness(manifest, agoMs, stated), manifest };
  }

  freshness(manifest: object, agoMs = 0, stated: object = {}): string {
    const { environment, version } = manifest as any;
    const [as_of, expires] = [Date.now() - agoMs, Date.now() - agoMs + 3600_000].map((at) => new Date(at).toISOString());
    const payload = { environment, version, checksum: checksum(manifest), as_of, expires, ...stated };
    const head = `${base64({ alg: "EdDSA", kid: this.kid, typ: "flagforge-freshness" })}.${base64(payload)}`;
    return `${head}.${this.signed(head)}`;
  }

  delta(before: any, after: any): any {
    const changed = (part: string) => Object.fromEntries(Object.entries(after[part]).filter(([key, each]) => canonical(before[part][key] ?? null) !== canonical(each)));
    const removed = (part: string) => Object.keys(before[part]).filter((key) => !(key in after[part]));
    const { format, environment, version: to, issued } = after;
    const { signature, freshness } = this.put(after);
    const parts = { flags: changed("flags"), removed_flags: removed("flags"), segments: changed("segments"), removed_segments: removed("segments") };
    return { format, environment, from: before.version, to, issued, ...parts, checksum: checksum(after), signature, freshness };
  }

  private signed(text: string): string {
    return sign(null, Buffer.from(text), this.key).toString("base64url");
  }
}

export function checksum(manifest: object): string {
  return `sha256:${createHash("sha256").update(canonical(manifest)).digest("hex")}`;
}

function base64(document: object): string {
  return Buffer.from(canonical(document)).toString("base64url");
}

/** A boolean flag that is on for everybody, or off. */
export function flag(isOn: boolean, members: object = {}): object {
  const variants = { off: false, on: true };
  const state = { enabled: true, off: "off", prerequisites: null, targets: [], rules: [], fallthrough: { variant: isOn ? "on" : "off" } };
  return { type: "boolean", variants, salt: "s", bucketing: 1, client_visible: true, metadata: {}, version: 1, ...state, ...members };
}

export function manifest(version: number, flags: object, segments: object = {}): any {
  return { format: 1, environment: "01JENV", version, issued: "2026-11-21T10:00:00Z", flags, segments };
}
