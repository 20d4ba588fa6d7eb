// What was evaluated: summed here, sent in batches, bounded, and never in the way.

import type { CircuitState } from "./breaker.js";
import type { Entry } from "./details.js";
import { type Fetch, Unsupported, check, inTime } from "./http.js";
import { Sketch } from "./sketch.js";

export type CacheState = "fresh" | "stale" | "expired" | "miss";
export type CacheStats = Record<CacheState, number>;

/** The most of each kind in a batch, and of batches that wait; while these do, counts are summed further. What comes beyond the
 * others counts as dropped. */
const MOST = { counts: 2_500, exposures: 1_000, events: 1_000, unknown: 500, breaker: 100, batches: 10 };
const MOST_EXPOSED = 10_000;
const TIMED = 64; // one evaluation in so many
const LONGEST_SUBJECT = 256;
const LONGEST_KEY = 200;

interface Count {
  readonly flag: string;
  readonly entry: Entry;
  n: number;
}

export interface TelemetryOptions {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly beaconQuery: string; // "" where the key is a secret, which no address may carry
  readonly fetch: Fetch;
  readonly requestMs: number;
  readonly sdk: Record<string, string>;
  readonly state: () => { mode: string; manifest: number | undefined };
}

export class Telemetry {
  dropped = 0;
  readonly stats: CacheStats = { fresh: 0, stale: 0, expired: 0, miss: 0 };
  /** The sample of contexts since it was taken last; whoever evaluates has one. */
  contexts: () => object[] = () => [];
  private begun = new Date().toISOString();
  private counts = new Map<Entry, Count>();
  private unknown = new Map<string, number>();
  private latency = new Sketch();
  private watched = 0;
  private exposures: object[] = [];
  private events: object[] = [];
  private breaker: object[] = [];
  private sentStats: CacheStats = { ...this.stats };
  private readonly exposed = new Map<Entry, Set<string>>();
  private exposedCount = 0;
  private readonly waiting: string[] = [];
  private isSending = false;

  constructor(private readonly options: TelemetryOptions) {}

  /** Looks at the clock before an evaluation that is to be timed; 0 for the others. */
  watch(): number {
    return this.watched++ % TIMED ? 0 : (globalThis.performance?.now() ?? 0);
  }

  /** `begun` is what `watch` said. */
  evaluated(flag: string, entry: Entry, subject: unknown, cache: CacheState, begun: number): void {
    this.stats[cache]++;
    if (cache === "miss") return;
    if (entry.errorCode === "FLAG_NOT_FOUND") return this.asked(String(flag).slice(0, LONGEST_KEY));
    if (begun) this.latency.add((performance.now() - begun) * 1e6);
    const count = this.counts.get(entry);
    if (count) count.n++;
    else if (this.counts.size < MOST.counts || this.pack()) this.counts.set(entry, { flag, entry, n: 1 });
    else this.dropped++;
    if (entry.reason === "SPLIT") this.expose(flag, entry, subject);
  }

  track(event: string, subject: unknown, value?: number): void {
    const name = named(subject);
    if (!name) return void this.dropped++; // nobody's event says nothing
    this.add("events", this.events, { event: String(event).slice(0, LONGEST_KEY), subject: name, ...(Number.isFinite(value) && { value }), at: new Date().toISOString() });
  }

  circuit(to: CircuitState): void {
    this.add("breaker", this.breaker, { at: new Date().toISOString(), to });
  }

  /** Sends what waits; what does not arrive waits for the next time. Never throws. */
  async flush(): Promise<void> {
    const hasRest = !this.pack();
    if (this.isSending) return;
    this.isSending = true;
    try {
      await this.sendWaiting();
      if (hasRest && this.pack()) await this.sendWaiting();
    } finally {
      this.isSending = false;
    }
  }

  private async sendWaiting(): Promise<void> {
    while (this.waiting.length && (await this.send(this.waiting[0]!))) this.waiting.shift();
  }

  /** The same where the page goes away: the browser sends it behind our back. */
  flushByBeacon(): void {
    const { url, beaconQuery } = this.options;
    if (!beaconQuery || typeof navigator === "undefined" || !("sendBeacon" in navigator)) return void this.flush();
    this.pack();
    // Plain text needs no preflight, for which a page that is left has no time.
    while (this.waiting.length && navigator.sendBeacon(`${url}/api/v1/sdk/events?${beaconQuery}`, this.waiting[0]!)) this.waiting.shift();
  }

  private asked(flag: string): void {
    const known = this.unknown.get(flag);
    if (known === undefined && this.unknown.size >= MOST.unknown) this.dropped++;
    else this.unknown.set(flag, (known ?? 0) + 1);
  }

  /** Once per answer and subject, as long as this is remembered. */
  private expose(flag: string, entry: Entry, subject: unknown): void {
    const name = named(subject);
    let subjects = this.exposed.get(entry);
    if (!name || subjects?.has(name)) return;
    if (this.exposedCount++ >= MOST_EXPOSED) this.exposed.clear(), (this.exposedCount = 1);
    if (!subjects || !this.exposed.has(entry)) this.exposed.set(entry, (subjects = new Set()));
    subjects.add(name);
    const rule = entry.metadata?.rule; // absent where the fallthrough split
    this.add("exposures", this.exposures, { flag, variant: entry.variant ?? "", subject: name, at: new Date().toISOString(), ...(rule && { rule }) });
  }

  private add(kind: "exposures" | "events" | "breaker", list: object[], item: object): void {
    if (list.length < MOST[kind]) list.push(item);
    else this.dropped++;
  }

  /** Makes a batch of all that was counted since the last one; false where so many wait that it is counted further. */
  private pack(): boolean {
    if (this.waiting.length >= MOST.batches) return false;
    const cache = difference(this.stats, this.sentStats);
    const { exposures, events, breaker } = this;
    if (!this.counts.size && !this.unknown.size && !exposures.length && !events.length && !breaker.length) return true;
    const { mode, manifest } = this.options.state();
    const to = new Date().toISOString();
    const counts = [...this.counts.values()].map(({ flag, entry, n }) => {
      return { flag, variant: entry.variant ?? "", reason: entry.reason ?? entry.errorCode, version: entry.version, n };
    });
    const unknown_flags = Object.fromEntries(this.unknown);
    const sketch = this.latency.asText();
    const latency = sketch && { unit: "ns", sketch };
    const sdk = { ...this.options.sdk, mode };
    const contexts = this.contexts();
    this.waiting.push(JSON.stringify({ batch: randomId(), sdk, from: this.begun, to, manifest, counts, latency, cache, breaker, exposures, events, unknown_flags, ...(contexts.length && { contexts }) }));
    this.begun = to;
    this.sentStats = { ...this.stats };
    this.counts = new Map();
    this.unknown = new Map();
    this.latency = new Sketch();
    [this.exposures, this.events, this.breaker] = [[], [], []];
    return true;
  }

  /** Whether the batch is done with: taken, or refused for good. */
  private async send(body: string): Promise<boolean> {
    const { url, fetch, headers, requestMs } = this.options;
    try {
      await inTime(new AbortController().signal, requestMs, async ({ signal }) => {
        const init = { method: "POST", body, headers: { ...headers, "Content-Type": "application/json" }, signal, keepalive: body.length < 60_000 };
        check(await fetch(`${url}/api/v1/sdk/events`, init));
      });
      return true;
    } catch (error) {
      return error instanceof Unsupported; // what is not understood is not understood the next time either
    }
  }
}

function difference(now: CacheStats, before: CacheStats): object {
  return Object.fromEntries(Object.entries(now).map(([name, n]) => [name, n - before[name as CacheState]]));
}

function named(subject: unknown): string {
  const name = typeof subject === "number" ? String(subject) : typeof subject === "string" ? subject : "";
  return name.length <= LONGEST_SUBJECT ? name : name.slice(0, LONGEST_SUBJECT);
}

/** 26 letters and digits that nobody else has. */
export function randomId(): string {
  const bytes = new Uint8Array(26);
  if (typeof crypto === "object") crypto.getRandomValues(bytes);
  else for (let i = 0; i < bytes.length; i++) bytes[i] = Math.random() * 256;
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join("");
}
