// Local mode: the rules come here, signed, and this process evaluates for anybody in about a microsecond.

import { type EvaluationContext, failure } from "../client/details.js";
import type { Questions } from "../client/feed.js";
import { Flags, type Found } from "../client/flags.js";
import { type Fetch, check, inTime } from "../client/http.js";
import type { CommonOptions } from "../client/options.js";
import type { CacheState } from "../client/telemetry.js";
import { contextFrom } from "../core/context.js";
import { evaluate } from "../core/evaluate.js";
import { readManifest } from "../core/manifest.js";
import type { Ruleset } from "../core/model.js";
import { type Re2, patternsBy } from "../core/patterns.js";
import { isObject } from "../core/values.js";
import { believed } from "./anchor.js";
import { changedFlags } from "./changes.js";
import { type Jwks, UnknownSigner } from "./jws.js";
import { type Classes, Sample, checked } from "./observed.js";
import { type RefusalKind, Refusals } from "./refusals.js";
import { STALE_AFTER_MS, type Trusted, Verifier, proofOf } from "./trust.js";

/** Where the last good state and the public keys are kept, for a start while the server is away. */
export interface Store {
  load(): string | undefined | Promise<string | undefined>;
  save(text: string): void | Promise<void>;
}

export interface LocalOptions extends CommonOptions {
  /** A server key, which is a secret. */
  readonly sdkKey: string;
  /** The public keys, brought along: no others count. Without, those of `baseUrl` that come first, and whoever a known one vouches for. */
  readonly publicKeys?: Jwks;
  /** A signed manifest, as `/api/v1/sdk/poll` answers it: text, bytes or the parsed document. */
  readonly bootstrap?: string | Uint8Array | object;
  readonly store?: Store;
  /** How far values in contexts may be told, by the attribute's name: `{plan: "plain", email: "never"}`. `*` is for all others, which are hashed without. */
  readonly attributes?: Classes;
  /** The class RE2JS of the package re2js, for rules that use `matches`. Looked for by itself where nothing is bundled. */
  readonly re2js?: Re2;
}

const LOOKED_AT = 64; // one question in so many may be told of
const NOT_READY = failure("PROVIDER_NOT_READY", "there are no rules here yet");

export class LocalClient extends Flags<[context?: EvaluationContext]> {
  private ruleset: Ruleset | undefined;
  private held: Trusted | undefined;
  private verifier: Verifier | undefined;
  private jwks: Jwks | undefined;
  private readonly refusals = new Refusals();
  private re2: Re2 | undefined;
  private hasLookedForRe2 = false;
  private lastError: Error | undefined;
  private readonly sample: Sample;
  private asked = 0;

  constructor(private readonly options: LocalOptions) {
    super(options, "flagforge-javascript", "");
    this.re2 = options.re2js;
    this.sample = new Sample(checked(options.attributes));
    this.telemetry.contexts = () => this.sample.take();
    void this.begin();
  }

  get version(): number | undefined {
    return this.ruleset?.version;
  }

  /** Why the last manifest was refused, or what was stored or brought along could not be used. */
  get error(): Error | undefined {
    return this.lastError;
  }

  /** How often manifests, deltas and public keys were refused, by kind. */
  get refused(): Readonly<Record<RefusalKind, number>> {
    return this.refusals.byKind;
  }

  /** Per flag that answers PARSE_ERROR, why. */
  get unreadable(): ReadonlyMap<string, string> {
    return this.ruleset?.unreadable ?? new Map();
  }

  /** Counts something that the subject did, perhaps with a number: `track("purchase", {targetingKey: "user-7"}, 12.5)`. */
  track(event: string, context: EvaluationContext, value?: number): void {
    this.recordEvent(event, () => contextFrom(context).key, value);
  }

  protected find(key: string, [context]: [context?: EvaluationContext]): Found {
    if (!this.ruleset) return { entry: NOT_READY, subject: undefined };
    const asker = contextFrom(isObject(context) ? context : {});
    if (this.settings.telemetry && this.asked++ % LOOKED_AT === 0) this.sample.offer(asker.attributes);
    return { entry: evaluate(this.ruleset, key, asker, Date.now()), subject: asker.key };
  }

  protected keys(): Iterable<string> {
    return this.ruleset?.flags.keys() ?? [];
  }

  protected override cacheState(): CacheState {
    const state = super.cacheState();
    const isOld = this.status === "live" && Date.now() - this.held!.freshness.asOf > STALE_AFTER_MS;
    return isOld ? "stale" : state;
  }

  private async begin(): Promise<void> {
    if (this.options.publicKeys) await this.attempt(() => this.trustKeys(this.options.publicKeys!));
    // First of all, so that the keys that were known before decide what else is believed.
    if (this.options.store) await this.attempt(() => this.recallStored());
    if (this.options.bootstrap !== undefined) await this.attempt(() => this.recallNewer(documentOf(this.options.bootstrap)));
    if (this.status !== "closed") this.start(this.questions(), undefined);
    if (this.ruleset || this.settings.mode === "offline") this.settle(this.ruleset !== undefined);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.troubledBy(error);
    }
  }

  private troubledBy(error: unknown): void {
    this.lastError = error as Error;
    this.refusals.count(error);
  }

  private async recallStored(): Promise<void> {
    const text = await this.options.store!.load();
    if (text === undefined) return;
    const { jwks, ...put } = JSON.parse(text);
    if (!this.options.publicKeys) await this.trustKeys(jwks);
    await this.recallNewer(put);
  }

  private async recallNewer(put: any): Promise<void> {
    if (this.held && !(put.manifest?.version > this.held.freshness.version)) return;
    const verifier = await this.verifying();
    await this.hold(await verifier.trustKept(put.manifest, proofOf(put)), false);
  }

  private questions(): Questions {
    return {
      position: () => this.held?.freshness.version,
      streamQuery: () => "",
      headers: () => this.settings.headers,
      ask: (fetch, signal) => this.ask(fetch, signal),
      take: (name, data) => this.trusting((verifier) => this.taken(verifier, name, data)),
      still: (headers) => this.renew(headers),
    };
  }

  private async taken(verifier: Verifier, name: string, data: any): Promise<Trusted | undefined> {
    if (name === "put") return verifier.trust(data.manifest, proofOf(data), Date.now(), this.held);
    if (!this.held) throw new Error(`a ${name} came, and nothing is held`);
    if (name === "delta") return verifier.trustDelta(this.held, data, Date.now());
    return name === "freshness" ? verifier.renew(this.held, String(data.freshness)) : undefined;
  }

  private async ask(fetch: Fetch, signal: AbortSignal): Promise<void> {
    const { url, headers, timing } = this.settings;
    await inTime(signal, timing.requestMs, async (deadline) => {
      const known = this.held && { "If-None-Match": `"${this.held.freshness.checksum}"` };
      const init = { headers: { ...headers, ...known }, signal: deadline.signal, cache: "no-store" } as const;
      const answer = check(await fetch(`${url}/api/v1/sdk/ruleset`, init));
      if (answer.status === 304) return this.renew(answer.headers);
      const text = await answer.text();
      const proof = { signature: answer.headers.get("FlagForge-Signature") ?? "", freshness: answer.headers.get("FlagForge-Freshness") ?? "" };
      await this.trusting((verifier) => verifier.trustText(text, proof, Date.now(), this.held));
    });
  }

  private async renew(headers: Headers): Promise<void> {
    const token = headers.get("FlagForge-Freshness");
    if (token && this.held) await this.trusting((verifier) => verifier.renew(this.held!, token));
  }

  /** Holds what the work comes to; a signer that is not known yet is looked for once, unless the keys were brought along. */
  private async trusting(work: (verifier: Verifier) => Promise<Trusted | undefined>): Promise<void> {
    try {
      const found = await work(await this.verifying()).catch(async (error: unknown) => {
        if (!(error instanceof UnknownSigner) || this.options.publicKeys) throw error;
        await this.fetchKeys();
        return work(await this.verifying());
      });
      if (found) await this.hold(found, true);
    } catch (error) {
      this.troubledBy(error);
      throw error;
    }
  }

  private async verifying(): Promise<Verifier> {
    if (!this.verifier) await this.fetchKeys();
    return this.verifier!;
  }

  private async fetchKeys(): Promise<void> {
    if (this.settings.mode === "offline" || this.options.publicKeys) throw new UnknownSigner("there are no public keys that can be used");
    const { url, timing, fetch } = this.settings;
    const told = await inTime(new AbortController().signal, timing.requestMs, async ({ signal }) => {
      return check(await fetch(`${url}/.well-known/flagforge/jwks.json`, { signal })).json();
    });
    await this.trustKeys(told);
  }

  /** Throws Strangers for keys that no known one vouches for; then the known ones stay. */
  private async trustKeys(told: Jwks): Promise<void> {
    const { jwks, keys } = await believed(told, this.jwks);
    this.verifier = new Verifier(keys);
    this.jwks = jwks;
  }

  /** The whole ruleset is swapped in one assignment; no reader sees half a change. */
  private async hold(found: Trusted, isNew: boolean): Promise<void> {
    if (found.document !== this.held?.document) {
      const before = this.ruleset;
      this.ruleset = await this.read(found, before);
      this.held = found;
      if (isNew) this.heard();
      this.changed(changedFlags(before, this.ruleset));
    }
    this.held = found;
    if (!isNew) this.heardAt = found.freshness.asOf;
    if (isNew && this.options.store) await this.attempt(() => this.save(found));
  }

  private async save({ document, proof, freshness }: Trusted): Promise<void> {
    await this.options.store!.save(JSON.stringify({ version: freshness.version, ...proof, manifest: document, jwks: this.jwks }));
  }

  private async read({ document }: Trusted, before: Ruleset | undefined): Promise<Ruleset> {
    let isWanted = false;
    const none = patternsBy(undefined);
    const wanting = (pattern: string) => ((isWanted = true), none(pattern));
    const ruleset = readManifest(document, { compilePattern: this.re2 ? patternsBy(this.re2) : wanting }, before);
    if (!isWanted || this.hasLookedForRe2) return ruleset;
    this.hasLookedForRe2 = true;
    const name = "re2js"; // not for a bundler's eyes: it is optional
    const found = await import(/* @vite-ignore */ /* webpackIgnore: true */ name).catch(() => undefined);
    this.re2 = found?.RE2JS ?? found?.default?.RE2JS;
    return this.re2 ? readManifest(document, { compilePattern: patternsBy(this.re2) }, before) : ruleset;
  }
}

function documentOf(given: unknown): unknown {
  if (given instanceof Uint8Array) return JSON.parse(new TextDecoder().decode(given));
  const document = typeof given === "string" ? JSON.parse(given) : given;
  if (!isObject(document)) throw new Error("this is no signed manifest");
  return document;
}
