// What a reader takes for true: a manifest's signature, that it is not older than one seen, and that it is fresh.

import { type Written, canonicalManifest } from "../core/canonical.js";
import { type Document, isObject } from "../core/values.js";
import { type PublicKeys, Tampered, Untrusted, checksumOf, read, verifyDetached } from "./jws.js";

/** Signed, but older than what was seen. */
export class Outdated extends Untrusted {}

/** Signed, but nobody says any more that it is the newest. */
export class Expired extends Untrusted {}

/** The delta does not belong to what is held; only a whole manifest helps. */
export class DeltaMismatch extends Error {}

/** At `asOf` (epoch milliseconds) this was the environment's newest version; new readers take it until `expires`. */
export interface Freshness {
  readonly environment: string;
  readonly version: number;
  readonly checksum: string;
  readonly asOf: number;
  readonly expires: number;
}

/** Why a manifest may be trusted, as it came. */
export interface Proof {
  readonly signature: string;
  readonly freshness: string;
}

/** A manifest that was verified, and the newest statement about it. */
export interface Trusted {
  readonly document: Document;
  readonly freshness: Freshness;
  readonly proof: Proof;
}

/** How wrong a reader's clock may be. */
const CLOCK_SKEW_MS = 3600_000;
/** A statement comes every five minutes; without two of them what is held may be old. */
export const STALE_AFTER_MS = 15 * 60_000;
const FRESHNESS = "flagforge-freshness";
const encoder = new TextEncoder();

export class Verifier {
  private readonly written: Written = new WeakMap();

  constructor(private readonly keys: PublicKeys) {}

  /** A whole manifest that is new to this reader; throws Untrusted, and what is held stays what it is. */
  async trust(document: unknown, proof: Proof, now: number, held?: Trusted): Promise<Trusted> {
    const known = held ? this.likeHeld(document, held.document) : document;
    const found = await this.trustKept(known, proof);
    checkIsNewest(found.freshness, now, held?.freshness);
    return found;
  }

  /** One that this reader took before and kept, however long ago; throws Untrusted. */
  async trustKept(document: unknown, proof: Proof): Promise<Trusted> {
    if (!isObject(document)) throw new Tampered("this is no manifest");
    return this.verified(document, proof, encoder.encode(canonicalManifest(document, this.written)));
  }

  /** The manifest's own bytes, which must be canonical, so that nothing in them can be read in two ways. */
  async trustText(text: string, proof: Proof, now: number, held?: Trusted): Promise<Trusted> {
    const document: unknown = JSON.parse(text);
    if (!isObject(document) || canonicalManifest(document, this.written) !== text) throw new Tampered("this is no canonical manifest");
    return this.trust(document, proof, now, held);
  }

  /** What the delta makes of what is held, verified as a whole; throws Untrusted, and DeltaMismatch where it does not fit. */
  async trustDelta(held: Trusted, delta: unknown, now: number): Promise<Trusted> {
    const document = applied(held.document, delta);
    const content = encoder.encode(canonicalManifest(document, this.written));
    if ((await checksumOf(content)) !== (delta as Document)["checksum"]) throw new DeltaMismatch("what the delta makes has another checksum");
    const found = await this.verified(document, proofOf(delta), content);
    checkIsNewest(found.freshness, now, held.freshness);
    return found;
  }

  /** What is held, with a newer statement about it; an older one, or one about another version, changes nothing. */
  async renew(held: Trusted, token: string): Promise<Trusted> {
    const stated = await this.stated(token);
    const { environment, checksum, asOf } = held.freshness;
    const isNews = stated.environment === environment && stated.checksum === checksum && stated.asOf > asOf;
    return isNews ? { ...held, freshness: stated, proof: { ...held.proof, freshness: token } } : held;
  }

  /** Flags and segments that are written as the held ones become these same objects, so that they need not be read again. */
  private likeHeld(document: unknown, held: Document): unknown {
    if (!isObject(document)) return document;
    canonicalManifest(document, this.written);
    const parts = ["flags", "segments"].map((name) => [name, this.partLikeHeld(document[name], held[name])]);
    return { ...document, ...Object.fromEntries(parts.filter(([, part]) => part !== undefined)) };
  }

  private partLikeHeld(part: unknown, held: unknown): unknown {
    if (!isObject(part) || !isObject(held)) return part;
    const same = ([key, each]: [string, unknown]) => {
      const known = held[key];
      return [key, isObject(known) && isObject(each) && this.written.get(known) === this.written.get(each) ? known : each];
    };
    return Object.fromEntries(Object.entries(part).map(same));
  }

  private async verified(document: Document, proof: Proof, content: Uint8Array): Promise<Trusted> {
    await verifyDetached(proof.signature, content, this.keys);
    const freshness = await this.stated(proof.freshness);
    const { environment, version } = document;
    const isAboutThis =
      environment === freshness.environment && version === freshness.version && (await checksumOf(content)) === freshness.checksum;
    if (!isAboutThis) throw new Tampered("the statement of freshness is about another manifest");
    return { document, freshness, proof };
  }

  private async stated(token: string): Promise<Freshness> {
    const payload = await read(token, this.keys, FRESHNESS);
    const { environment, version, checksum, as_of, expires } = JSON.parse(payload);
    const found = { environment, version, checksum, asOf: Date.parse(as_of), expires: Date.parse(expires) };
    if (Number.isNaN(found.asOf) || Number.isNaN(found.expires)) throw new Tampered("the statement of freshness cannot be read");
    return found;
  }
}

/** The proof beside a manifest or a delta; what is missing is no signature. */
export function proofOf(said: unknown): Proof {
  const { signature = "", freshness = "" } = said as Record<string, unknown>;
  return { signature: String(signature), freshness: String(freshness) };
}

function checkIsNewest(stated: Freshness, now: number, held: Freshness | undefined): void {
  if (held && held.environment !== stated.environment) throw new Tampered("this is another environment's manifest");
  if (held && stated.version < held.version) throw new Outdated(`version ${stated.version} came, and version ${held.version} was seen`);
  if (now > stated.expires + CLOCK_SKEW_MS) throw new Expired(`nobody says any more that version ${stated.version} is the newest`);
}

function applied(before: Document, delta: unknown): Document {
  if (!isObject(delta)) throw new DeltaMismatch("this is no delta");
  for (const [name, held] of [["format", before["format"]], ["environment", before["environment"]], ["from", before["version"]]] as const) {
    if (delta[name] !== held) throw new DeltaMismatch(`the delta's ${name} is ${delta[name]}, and ${held} is held`);
  }
  const after: Record<string, unknown> = { ...before, version: delta["to"], issued: delta["issued"] };
  for (const part of ["flags", "segments"]) {
    const [changed, removed] = [delta[part], delta[`removed_${part}`]];
    if (!isObject(changed) || !Array.isArray(removed)) throw new DeltaMismatch("the delta is not written as one");
    const kept: Record<string, unknown> = { ...(before[part] as object) };
    for (const key of removed) delete kept[String(key)];
    after[part] = { ...kept, ...changed };
  }
  return after;
}
