// Remote mode: the server evaluates for one context, and this client holds the values.

import { type Entry, type EvaluationContext, failure } from "../client/details.js";
import type { EventSourceClass, Questions } from "../client/feed.js";
import { Flags, type Found } from "../client/flags.js";
import { type Fetch, type Unreachable, Unsupported, check, inTime } from "../client/http.js";
import type { CommonOptions } from "../client/options.js";
import { randomId } from "../client/telemetry.js";
import { Shelf, type Storage, type Values, sumOf } from "./shelf.js";

export interface Options extends CommonOptions {
  /** A client key, which is public by nature. */
  readonly sdkKey: string;
  readonly context?: EvaluationContext;
  /** Whether who has no targetingKey gets one that is kept in the storage; true by default. */
  readonly anonymous?: boolean;
  /** Where values and the anonymous key are kept: localStorage by default, null for nowhere. */
  readonly storage?: Storage | null;
  /** The body of `/api/v1/sdk/flags`, as a server put it into the page: values before anything is asked. */
  readonly bootstrap?: Values;
  /** For whoever's fetch cannot stream. */
  readonly EventSource?: EventSourceClass;
}

const NOT_READY = failure("PROVIDER_NOT_READY", "nothing was heard from the server yet");
const UNKNOWN = failure("FLAG_NOT_FOUND", "there is no such flag here, or this key may not see it");
const FIT_TO_START_MS = 24 * 3600_000; // what was stored longer ago serves only where the server cannot be asked
const LONGEST_CONTEXT = 6_000; // characters in an address

export class Client extends Flags<[]> {
  private readonly shelf: Shelf;
  private readonly isAnonymous: boolean;
  private context: EvaluationContext = {};
  private contextText = "";
  private values: Values | undefined;
  private before: Values | undefined; // the last that listeners know of
  private isFromServer = false; // and so a version to go on from
  private etag = "";

  constructor(options: Options) {
    const { sdkKey, context = {}, bootstrap, EventSource: make } = options;
    const inAddress = `key=${encodeURIComponent(sdkKey)}`;
    super(options, "flagforge-javascript", String(sdkKey).startsWith("ff_client_") ? inAddress : "");
    this.isAnonymous = options.anonymous ?? true;
    this.shelf = new Shelf(storageOf(options.storage), `flagforge.values.${sumOf(`${this.settings.url} ${sdkKey}`)}`);
    this.askFor(context);
    if (isValues(bootstrap)) this.hold(bootstrap, Date.now(), false);
    this.start(this.questions(), make && { make, query: inAddress });
  }

  get version(): number | undefined {
    return this.values?.version;
  }

  /** Asks for somebody else from now on; comes to whether there are values for them, in time. Never rejects. */
  setContext(context: EvaluationContext, timeoutMs?: number): Promise<boolean> {
    this.askFor(context);
    this.feed?.restart();
    return this.ready(timeoutMs);
  }

  /** Counts something that the subject did, perhaps with a number: `track("purchase", 12.5)`. */
  track(event: string, value?: number): void {
    this.recordEvent(event, () => this.context["targetingKey"], value);
  }

  protected find(key: string): Found {
    const entry = this.values ? (own(this.values.flags, key) ?? UNKNOWN) : NOT_READY;
    return { entry, subject: this.context["targetingKey"] };
  }

  protected keys(): Iterable<string> {
    return Object.keys(this.values?.flags ?? {});
  }

  protected override troubled(error: Unreachable): void {
    if (!this.values) this.recall(Infinity);
    super.troubled(error);
  }

  private questions(): Questions {
    return {
      position: () => (this.isFromServer ? this.version : undefined),
      streamQuery: () => this.streamQuery(),
      headers: () => this.settings.headers,
      ask: (fetch, signal) => this.ask(fetch, signal),
      take: (name, data) => this.take(name, data),
      still: () => {},
    };
  }

  private streamQuery(): string {
    if (this.contextText.length > LONGEST_CONTEXT) throw new Unsupported("the context is too long for an address");
    return `?context=${encodeURIComponent(this.contextText)}`;
  }

  private async ask(fetch: Fetch, signal: AbortSignal): Promise<void> {
    const { url, headers, timing } = this.settings;
    await inTime(signal, timing.requestMs, async (deadline) => {
      const answer = check(
        await fetch(`${url}/api/v1/sdk/flags`, {
          method: "POST",
          body: `{"context":${this.contextText}}`,
          headers: { ...headers, "Content-Type": "application/json", ...(this.etag && { "If-None-Match": this.etag }) },
          signal: deadline.signal,
        }),
      );
      if (answer.status === 304) return;
      const body = await answer.json();
      if (signal.aborted) return;
      this.accept(body);
      this.etag = answer.headers.get("ETag") ?? "";
    });
  }

  private take(name: string, data: any): void {
    if (name === "put") this.accept(data);
    if (name === "delta") this.accept(this.changedBy(data));
  }

  private changedBy({ from, to, flags, removed }: any): Values {
    if (!this.values || from !== this.values.version) throw new Error(`a delta from ${from}, and ${this.version} is held`);
    const after: Record<string, Entry> = { ...this.values.flags, ...flags };
    for (const key of removed) delete after[key];
    return { version: to, flags: after };
  }

  private accept(values: unknown): void {
    if (!isValues(values)) throw new Error("this is no answer of the SDK API");
    this.isFromServer = true;
    this.hold(values, Date.now(), true);
    this.shelf.keep(this.contextText, this.values!);
  }

  /** An entry that stays what it was stays the same object, and so does its value. */
  private hold(values: Values, at: number, isLive: boolean): void {
    const flags: Record<string, Entry> = {};
    const old = this.before?.flags ?? {};
    const changed = new Set(Object.keys(old));
    for (const [key, entry] of Object.entries(values.flags)) {
      const known = own(old, key);
      const isSame = JSON.stringify(known) === JSON.stringify(entry);
      flags[key] = isSame ? known! : entry;
      if (isSame) changed.delete(key);
      else changed.add(key);
    }
    this.before = this.values = { version: values.version, flags };
    this.heardAt = at;
    if (isLive) this.heard();
    else this.settle(true);
    this.changed([...changed]);
  }

  private askFor(context: EvaluationContext): void {
    const [before, text] = [this.context["targetingKey"], this.contextText];
    const key = context["targetingKey"] ?? context["user_id"] ?? context["userId"];
    const targetingKey = key ?? (this.isAnonymous ? this.shelf.anonymousKey(() => `anonymous-${randomId()}`) : undefined);
    this.context = targetingKey === undefined ? context : { ...context, targetingKey };
    this.contextText = writtenAsJson(this.context);
    if (this.contextText === text) return;
    this.isFromServer = false;
    this.etag = "";
    if (before !== targetingKey) this.values = undefined; // nobody is served what is somebody else's
    this.recall(FIT_TO_START_MS);
  }

  /** Serves what was stored for this context, if it is not older than that. */
  private recall(oldestMs: number): void {
    const found = this.shelf.find(this.contextText);
    if (found && Date.now() - found.at <= oldestMs && isValues(found.values)) this.hold(found.values, found.at, false);
  }
}

function isValues(value: any): value is Values {
  return typeof value?.version === "number" && typeof value.flags === "object" && value.flags !== null;
}

function own(flags: Values["flags"], key: string): Entry | undefined {
  return Object.prototype.hasOwnProperty.call(flags, key) ? flags[key] : undefined;
}

/** What cannot be written is left out, and so is missing. */
function writtenAsJson(context: EvaluationContext): string {
  const written = Object.entries(context).map(([name, value]) => {
    try {
      const text = JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : each));
      return text === undefined ? "" : `${JSON.stringify(name)}:${text}`;
    } catch {
      return "";
    }
  });
  return `{${written.filter(Boolean).join(",")}}`;
}

function storageOf(given: Storage | null | undefined): Storage | null | undefined {
  if (given !== undefined) return given;
  try {
    return globalThis.localStorage;
  } catch {
    return undefined; // some browsers forbid even to look
  }
}
