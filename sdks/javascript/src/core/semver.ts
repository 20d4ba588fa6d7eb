// Semantic versions (SemVer 2.0.0) that compare by precedence, and ranges of them.

import { MAX_SEMVER_LENGTH } from "./limits.js";
import { Unreadable } from "./values.js";

/** `rank` is 1 for a release, 0 for a pre-release, -1 for what lies below every one. Numbers stay texts: they may be long. */
export interface Version {
  readonly core: readonly [string, string, string];
  readonly rank: 1 | 0 | -1;
  readonly pre: readonly string[];
}

export interface Interval {
  readonly low?: Version;
  readonly lowIncluded?: boolean;
  readonly high?: Version;
  readonly highIncluded?: boolean;
}

const NUMBER = "(?:0|[1-9][0-9]*)";
const PRE = `(?:${NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`;
const VERSION = new RegExp(
  `^v?(${NUMBER})(?:\\.(${NUMBER}))?(?:\\.(${NUMBER}))?(?:-(${PRE}(?:\\.${PRE})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const COMPARATOR = /^(\^|~|>=|<=|>|<|=)([^ ]+)$/;
const DIGITS = /^[0-9]+$/;

/** The version; undefined if the text is none. */
export function version(text: string): Version | undefined {
  const found = text.length <= MAX_SEMVER_LENGTH ? VERSION.exec(text) : null;
  if (!found) return undefined;
  const core = [found[1]!, found[2] ?? "0", found[3] ?? "0"] as const;
  return found[4] === undefined ? { core, rank: 1, pre: [] } : { core, rank: 0, pre: found[4].split(".") };
}

/** Below zero where `one` comes first, zero where neither does. */
export function compare(one: Version, other: Version): number {
  for (let i = 0; i < 3; i++) {
    const order = compareNumbers(one.core[i]!, other.core[i]!);
    if (order) return order;
  }
  return one.rank - other.rank || comparePre(one.pre, other.pre);
}

function comparePre(one: readonly string[], other: readonly string[]): number {
  for (let i = 0; i < one.length && i < other.length; i++) {
    const order = compareIdentifiers(one[i]!, other[i]!);
    if (order) return order;
  }
  return one.length - other.length;
}

function compareIdentifiers(one: string, other: string): number {
  const [isNumber, otherIsNumber] = [DIGITS.test(one), DIGITS.test(other)];
  if (isNumber && otherIsNumber) return compareNumbers(one, other);
  return isNumber === otherIsNumber ? compareTexts(one, other) : isNumber ? -1 : 1;
}

/** Of digits without leading zeros the longer text is the greater number. */
function compareNumbers(one: string, other: string): number {
  return one.length - other.length || compareTexts(one, other);
}

function compareTexts(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** The comparators of a range (`^1.2`, `>=1 <3`), all of which must hold; throws Unreadable for anything else. */
export function intervals(text: string): Interval[] {
  const parts = text.length <= MAX_SEMVER_LENGTH ? text.split(" ").filter(Boolean) : [];
  if (parts.length === 0) throw new Unreadable("a range is one or more of ^ ~ > >= < <= = with a version");
  return parts.map(interval);
}

function interval(part: string): Interval {
  const found = COMPARATOR.exec(part);
  const bound = found ? version(found[2]!) : undefined;
  if (!found || !bound) throw new Unreadable(`"${part}" is not part of a range`);
  switch (found[1]) {
    case ">=":
      return { low: bound, lowIncluded: true };
    case ">":
      return { low: bound };
    case "<=":
      return { high: bound, highIncluded: true };
    case "<":
      // `<2` means "not yet 2", so 2.0.0-alpha is out as well; `<2.0.0-beta` says exactly what it wants.
      return { high: bound.rank === 1 ? { ...bound, rank: -1 } : bound };
    case "=":
      return { low: bound, lowIncluded: true, high: bound, highIncluded: true };
    default:
      return { low: bound, lowIncluded: true, high: { core: nextBreaking(found[1]!, found[2]!, bound.core), rank: -1, pre: [] } };
  }
}

function nextBreaking(sign: string, text: string, [major, minor, patch]: Version["core"]): Version["core"] {
  const given = text.split(/[-+]/)[0]!.split(".").length;
  if (sign === "~") return given > 1 ? [major, next(minor), "0"] : [next(major), "0", "0"];
  if (major !== "0" || given === 1) return [next(major), "0", "0"];
  return minor !== "0" || given === 2 ? ["0", next(minor), "0"] : ["0", "0", next(patch)];
}

function next(digits: string): string {
  return String(BigInt(digits) + 1n);
}

/** Whether the version lies in the interval, by precedence. */
export function within(found: Version, { low, lowIncluded, high, highIncluded }: Interval): boolean {
  const above = low ? compare(found, low) : 1;
  const below = high ? compare(found, high) : -1;
  return (above > 0 || (above === 0 && lowIncluded === true)) && (below < 0 || (below === 0 && highIncluded === true));
}
