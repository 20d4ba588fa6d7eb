// What a rule or a fallthrough serves: one answer, or a split over the buckets.

import type { Answers } from "./answers.js";
import { firstHash } from "./bucketing.js";
import { NOW, TARGETING_KEY, reader } from "./context.js";
import { BUCKETS } from "./limits.js";
import type { Metadata, Outcome, Reason } from "./model.js";
import { type Document, Unreadable, has, isObject, isWellFormed, quoted } from "./values.js";

type Range = readonly [variant: string | null, start: number, end: number];

/** Reads the serves of one flag, whose splits use `salt` where they have none of their own. */
export class Outcomes {
  constructor(
    private readonly answers: Answers,
    private readonly salt: unknown,
  ) {}

  /** What the rule serves; null: nobody, because all of its width goes on to the next rule. */
  ofRule(rule: string, serve: unknown): Outcome | null {
    if (!hasSplit(serve)) return this.answers.serving(variantOf(serve), "TARGETING_MATCH", { rule });
    const ranges = rangesOf(serve.split);
    const only = onlyVariant(ranges);
    if (only) return this.answers.serving(only, "TARGETING_MATCH", { rule });
    return only === null ? null : this.split(serve.split, ranges, `rule ${rule}`, { rule });
  }

  /** What everybody else gets; null leaves the application its own default. */
  ofFallthrough(serve: unknown, reason: Reason): Outcome {
    if (serve === undefined || serve === null) return this.answers.nothing("DEFAULT");
    if (!hasSplit(serve)) return this.answers.serving(variantOf(serve), reason);
    const ranges = rangesOf(serve.split);
    if (ranges.some(([variant]) => variant === null)) throw new Unreadable("a fallthrough has a null range");
    const only = onlyVariant(ranges);
    return only ? this.answers.serving(only, reason) : this.split(serve.split, ranges, "the fallthrough", {});
  }

  private split(split: Document, ranges: readonly Range[], where: string, marks: Metadata): Outcome {
    const by = has(split, "by") ? split["by"] : TARGETING_KEY;
    if (typeof by !== "string" || by === NOW) throw new Unreadable(`${quoted(by)} is not the name of an attribute that tells people apart`);
    return {
      read: by === TARGETING_KEY ? null : reader(by),
      prefix: prefixOf(has(split, "salt") ? split["salt"] : this.salt),
      ends: ranges.slice(0, -1).map(([, , end]) => firstHash(end)),
      answers: ranges.map(([variant]) => (variant === null ? null : this.answers.serving(variant, "SPLIT", marks))),
      keyless: this.answers.error("TARGETING_KEY_MISSING", `the split in ${where} needs ${by}`),
    };
  }
}

function hasSplit(serve: unknown): serve is { readonly split: Document } {
  return isObject(serve) && has(serve, "split");
}

function variantOf(serve: unknown): unknown {
  return isObject(serve) ? serve["variant"] : serve;
}

/** The one that all ranges have in common; undefined where they differ. */
function onlyVariant(ranges: readonly Range[]): string | null | undefined {
  const first = ranges[0]![0];
  return ranges.every(([variant]) => variant === first) ? first : undefined;
}

function rangesOf(split: unknown): readonly Range[] {
  const written = isObject(split) ? split["ranges"] : undefined;
  if (!Array.isArray(written) || written.length === 0) throw new Unreadable("a split has no ranges");
  let end = 0;
  for (const each of written) end = endOf(each, end);
  if (end !== BUCKETS) throw new Unreadable(`the ranges of a split end at ${end}, not at ${BUCKETS}`);
  return written as Range[];
}

function endOf(each: unknown, start: number): number {
  if (!Array.isArray(each) || each.length !== 3 || !(each[0] === null || typeof each[0] === "string")) throw new Unreadable(`${quoted(each)} is not a range`);
  if (each[1] !== start || !Number.isInteger(each[2]) || each[2] <= start) throw new Unreadable("a range leaves a gap, overlaps, or is empty");
  return each[2] as number;
}

function prefixOf(salt: unknown): string {
  if (typeof salt !== "string" || !isWellFormed(salt)) throw new Unreadable("a split has no salt");
  return `${salt}\0`; // the NUL keeps ("a", "bc") and ("ab", "c") apart
}
