// The surface that an application asks: typed values with defaults, changes, overrides. Nothing here ever throws or waits.

import type { CircuitState } from "./breaker.js";
import { type Details, type Entry, detailsOf, failure } from "./details.js";
import { Feed, type FeedOptions, type Questions } from "./feed.js";
import { Refused, type Unreachable } from "./http.js";
import { type CommonOptions, type Settings, settingsOf } from "./options.js";
import { type CacheState, type CacheStats, Telemetry } from "./telemetry.js";

/** starting: nothing happened yet · live · stale: the server is away, and what is held is served · refused: the key is · offline · closed */
export type Status = "starting" | "live" | "stale" | "refused" | "offline" | "closed";

const EXPIRED_MS = 24 * 3600_000;

export interface Found {
  readonly entry: Entry;
  readonly subject: unknown;
}

/** `Asker` is what each question says about who asks: nothing, where the client has one context. */
export abstract class Flags<Asker extends unknown[]> {
  status: Status = "starting";
  /** Rises with every change of a value. */
  changeCount = 0;
  protected readonly settings: Settings;
  protected feed: Feed | undefined;
  protected heardAt = 0; // epoch milliseconds of the last sign of life, 0 before the first
  protected readonly telemetry: Telemetry;
  private readonly overrides = new Map<string, Entry>();
  private readonly changeListeners = new Set<(keys: readonly string[]) => void>();
  private readonly statusListeners = new Set<(status: Status) => void>();
  private flushing: ReturnType<typeof setInterval> | undefined;
  private waiting: ((isReady: boolean) => void)[] = [];
  private readonly endings: (() => void)[] = [];

  protected constructor(options: CommonOptions, sdkName: string, beaconQuery: string) {
    this.settings = settingsOf(options);
    const { url, headers, fetch, timing, application, instance } = this.settings;
    const sdk = { name: sdkName, version: __VERSION__, ...(application && { application }), ...(instance && { instance }) };
    const state = () => ({ mode: this.feed?.mode ?? "offline", manifest: this.version });
    this.telemetry = new Telemetry({ url, headers, beaconQuery, fetch, requestMs: timing.requestMs, sdk, state });
  }

  /** The version of the rules behind what is served; undefined before anything was heard. */
  abstract get version(): number | undefined;
  /** The answer for a flag, or why there is none. */
  protected abstract find(key: string, asker: Asker): Found;
  protected abstract keys(): Iterable<string>;

  isEnabled(key: string, fallback = false, ...asker: Asker): boolean {
    return this.details(key, fallback, ...asker).value;
  }

  booleanValue(key: string, fallback: boolean, ...asker: Asker): boolean {
    return this.details(key, fallback, ...asker).value;
  }

  stringValue(key: string, fallback: string, ...asker: Asker): string {
    return this.details(key, fallback, ...asker).value;
  }

  /** For flags of the types integer and double. */
  numberValue(key: string, fallback: number, ...asker: Asker): number {
    return this.details(key, fallback, ...asker).value;
  }

  /** For flags of the type json: an object or an array, shared with other askers, so treat it as frozen. */
  objectValue<Value extends object>(key: string, fallback: Value, ...asker: Asker): Value {
    return this.details(key, fallback, ...asker).value;
  }

  /** The value, which is of the default's type whatever happens, and why. Counts as an evaluation. */
  details<Value>(key: string, fallback: Value, ...asker: Asker): Details<Value> {
    try {
      const override = this.overrides.get(key);
      if (override) return detailsOf(key, fallback, override);
      const begun = this.settings.telemetry ? this.telemetry.watch() : 0;
      const { entry, subject } = this.find(key, asker);
      if (this.settings.telemetry) this.telemetry.evaluated(key, entry, subject, this.cacheState(), begun);
      return detailsOf(key, fallback, entry);
    } catch (error) {
      return detailsOf(key, fallback, failure("GENERAL", String(error)));
    }
  }

  /** The answer as it stands: the same object as long as nothing about it changes. Does not count as an evaluation. */
  peek(key: string, ...asker: Asker): Entry {
    return this.overrides.get(key) ?? this.find(key, asker).entry;
  }

  /** Every flag, by its key, with the value undefined where there is none. Does not count as evaluations. */
  allFlags(...asker: Asker): Record<string, Details<unknown>> {
    const keys = new Set([...this.keys(), ...this.overrides.keys()]);
    return Object.fromEntries([...keys].map((key) => [key, detailsOf(key, undefined, this.peek(key, ...asker))]));
  }

  /** Serves this value here, whatever the server says, until it is set to undefined. For developers and tests. */
  override(key: string, value: unknown): void {
    if (value === undefined) this.overrides.delete(key);
    else this.overrides.set(key, { value, variant: "", reason: "OVERRIDE", version: 0, metadata: { override: true } });
    this.changed([key]);
  }

  /** Whether there are values to serve, as soon as there are, or when the time is over. Never rejects. */
  ready(timeoutMs = 5_000): Promise<boolean> {
    if (this.version !== undefined || this.status === "closed") return Promise.resolve(this.version !== undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(this.version !== undefined), timeoutMs);
      this.waiting.push((isReady) => (clearTimeout(timer), resolve(isReady)));
    });
  }

  /** Calls back with the keys of flags that changed; returns what ends it. */
  onChange(listener: (keys: readonly string[]) => void): () => void {
    this.changeListeners.add(listener);
    return () => void this.changeListeners.delete(listener);
  }

  onStatus(listener: (status: Status) => void): () => void {
    this.statusListeners.add(listener);
    return () => void this.statusListeners.delete(listener);
  }

  get circuitState(): CircuitState {
    return this.feed?.breaker.state ?? "closed";
  }

  /** How changes are heard of just now. */
  get mode(): string {
    return this.feed?.mode ?? "offline";
  }

  /** How many evaluations were answered from values of which age, and how many items of telemetry were dropped. */
  cacheStats(): CacheStats & { dropped: number } {
    return { ...this.telemetry.stats, dropped: this.telemetry.dropped };
  }

  /** Sends telemetry now. */
  flush(): Promise<void> {
    return this.telemetry.flush();
  }

  /** Ends everything, and sends what telemetry waits. Values go on being served as they are. */
  async close(): Promise<void> {
    if (this.status === "closed") return;
    this.feed?.close();
    clearInterval(this.flushing);
    for (const end of this.endings) end();
    this.become("closed");
    this.settle(this.version !== undefined);
    if (this.settings.telemetry) await this.telemetry.flush();
  }

  protected recordEvent(event: string, subject: () => unknown, value?: number): void {
    try {
      if (this.settings.telemetry) this.telemetry.track(event, subject(), value);
    } catch {
      // a context that breaks when it is read is nobody's
    }
  }

  protected start(questions: Questions, eventSource: FeedOptions["eventSource"]): void {
    const { mode, url, timing, fetch, telemetry } = this.settings;
    if (mode === "offline") return this.become("offline");
    this.feed = new Feed(questions, {
      ...{ url, mode, timing, fetch, eventSource },
      onHeard: () => this.heard(),
      onTrouble: (error) => this.troubled(error),
      onCircuit: (to) => this.telemetry.circuit(to),
    });
    if (telemetry) this.flushing = setInterval(() => void this.telemetry.flush(), timing.flushMs * (0.9 + Math.random() / 5));
    (this.flushing as { unref?(): void } | undefined)?.unref?.();
    this.followPage();
  }

  /** What a browser tells about the page: it goes away, or the network is back. */
  private followPage(): void {
    if (typeof addEventListener !== "function" || typeof document === "undefined") return;
    const leave = () => this.settings.telemetry && this.telemetry.flushByBeacon();
    const hide = () => document.visibilityState === "hidden" && leave();
    const back = () => this.feed!.restart();
    const shown = (event: PageTransitionEvent) => event.persisted && back();
    addEventListener("pagehide", leave);
    addEventListener("pageshow", shown);
    addEventListener("online", back);
    document.addEventListener("visibilitychange", hide);
    this.endings.push(() => {
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", shown);
      removeEventListener("online", back);
      document.removeEventListener("visibilitychange", hide);
    });
  }

  protected heard(): void {
    this.heardAt = Date.now();
    this.become("live");
    this.settle(true);
  }

  protected settle(isReady: boolean): void {
    for (const resolve of this.waiting.splice(0)) resolve(isReady);
  }

  protected troubled(error: Unreachable): void {
    if (this.status === "closed") return;
    this.become(error instanceof Refused ? "refused" : "stale");
  }

  private become(status: Status): void {
    if (this.status === status || this.status === "closed") return;
    this.status = status;
    tell(this.statusListeners, status);
  }

  protected changed(keys: readonly string[]): void {
    if (!keys.length) return;
    this.changeCount++;
    tell(this.changeListeners, keys);
  }

  protected cacheState(): CacheState {
    if (this.version === undefined) return "miss";
    if (this.status === "live" || this.status === "offline") return "fresh";
    return Date.now() - this.heardAt < EXPIRED_MS ? "stale" : "expired";
  }
}

/** A listener's own failure is its own. */
function tell<News>(listeners: Iterable<(news: News) => void>, news: News): void {
  for (const listener of [...listeners]) {
    try {
      listener(news);
    } catch (error) {
      console.error("FlagForge: a listener broke", error);
    }
  }
}
