// What a ruleset is once it was read: frozen data that is only compared from then on.

import type { Context, Reader } from "./context.js";
import { fromMilliseconds } from "./instants.js";
import type { Document } from "./values.js";

export type Reason = "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "SPLIT" | "DISABLED";
export type ErrorCode = "FLAG_NOT_FOUND" | "TARGETING_KEY_MISSING" | "PARSE_ERROR";
export type Metadata = Readonly<Record<string, boolean | string | number>>;

/** What somebody gets for a flag, and why; either `reason` or `errorCode` is set. `value` is undefined where there is none. */
export interface Answer {
  readonly key: string;
  readonly value: unknown;
  readonly variant: string;
  readonly reason?: Reason;
  readonly errorCode?: ErrorCode;
  readonly errorDetails?: string;
  readonly version: number;
  readonly metadata: Metadata;
}

export interface Condition {
  holds(scope: Scope): boolean;
  /** The first flag, in document order, among what failed; undefined if no flag did. Only asked where it did not hold. */
  blamed(scope: Scope): string | undefined;
}

/** Ranges of hashes: the answer of range i holds below `ends[i]`, the last holds the rest; null goes on to the next rule. */
export interface Split {
  readonly read: Reader | null; // null: the targeting key, the usual thing to split by
  readonly prefix: string;
  readonly ends: readonly number[];
  readonly answers: readonly (Answer | null)[];
  readonly keyless: Answer;
}

export type Outcome = Answer | Split;

export interface Rule {
  readonly condition: Condition | null; // null: everyone
  readonly outcome: Outcome;
}

/** What a definition names: flags, and segments with the rule that names each first ("" where it is no rule). */
export interface References {
  readonly flags: ReadonlySet<string>;
  readonly segments: ReadonlyMap<string, string>;
}

export interface Segment {
  readonly key: string;
  readonly source: unknown;
  readonly included: ReadonlySet<string>;
  readonly excluded: ReadonlySet<string>;
  readonly rules: readonly Condition[];
  readonly references: References;
  readonly fault?: string;
}

/** `settled` is the answer where nothing about the asker matters; `fault` says why it is PARSE_ERROR. */
export interface Flag {
  readonly key: string;
  readonly source: unknown; // the document that it was read from, taken over as long as that stays the same object
  readonly version: number;
  readonly clientVisible: boolean;
  readonly enabled: boolean;
  readonly settled?: Answer;
  readonly fallthrough: Outcome;
  readonly rules: readonly Rule[];
  readonly targets: ReadonlyMap<string, Answer>;
  readonly prerequisites?: Condition;
  /** The answers for prerequisites that are not met, by the flag to blame (undefined: it is no flag). */
  readonly unmet: ReadonlyMap<string | undefined, Answer>;
  readonly references: References;
  readonly fault?: string;
}

/** All flags of an environment, at one version. `unreadable` says, per flag that answers PARSE_ERROR, why. */
export interface Ruleset {
  readonly environment: string;
  readonly version: number;
  readonly flags: ReadonlyMap<string, Flag>;
  readonly segments: ReadonlyMap<string, Segment>;
  readonly unreadable: ReadonlyMap<string, string>;
}

/** One asker at one moment (epoch milliseconds); remembers what segments and prerequisites said, so that each is asked once. */
export class Scope {
  readonly attributes: Document;
  readonly key: string | undefined;
  private knownAnswers: Map<string, Answer> | undefined; // most questions need neither of these
  private knownSegments: Map<string, boolean> | undefined;
  private nanoseconds: bigint | undefined;

  constructor(
    readonly ruleset: Ruleset,
    context: Context,
    private readonly now: number,
    readonly client: boolean,
  ) {
    this.attributes = context.attributes;
    this.key = context.key;
  }

  get answers(): Map<string, Answer> {
    return (this.knownAnswers ??= new Map());
  }

  get segments(): Map<string, boolean> {
    return (this.knownSegments ??= new Map());
  }

  instant(): bigint {
    return (this.nanoseconds ??= fromMilliseconds(this.now));
  }
}
