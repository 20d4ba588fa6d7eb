// Why manifests, deltas and public keys were refused, counted by kind, under the names that the other SDKs and the relay use.

import { InvalidManifest } from "../core/manifest.js";
import { Strangers } from "./anchor.js";
import { Tampered, UnknownSigner, Untrusted } from "./jws.js";
import { DeltaMismatch, Expired, Outdated } from "./trust.js";

const KINDS = {
  tampered: Tampered,
  unknown_signer: UnknownSigner,
  strangers: Strangers,
  outdated: Outdated,
  expired: Expired,
  mismatch: DeltaMismatch,
  unreadable: InvalidManifest,
} as const;

export type RefusalKind = keyof typeof KINDS;

export class Refusals {
  /** Every kind from the beginning, so that a counter is there before anything happened. */
  readonly byKind = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, 0])) as Record<RefusalKind, number>;
  private said = "";

  /** Counts what was refused, and says so in the log, an outage in one line; what went wrong otherwise is not counted. */
  count(error: unknown): void {
    const kind = kindOf(error);
    if (!kind) return;
    this.byKind[kind]++;
    const said = `FlagForge: refused (${kind}): ${(error as Error).message}`;
    if (said !== this.said) console.warn(said);
    this.said = said;
  }
}

function kindOf(error: unknown): RefusalKind | undefined {
  const found = (Object.keys(KINDS) as RefusalKind[]).find((kind) => error instanceof KINDS[kind]);
  return found ?? (error instanceof Untrusted ? "tampered" : undefined);
}
