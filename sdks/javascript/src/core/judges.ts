// How an attribute is compared: each judge says yes, no, or undefined for what it cannot judge.

import { casefold } from "./case_folding.js";
import { finite, whole } from "./doubles.js";
import { address, type Network } from "./networks.js";
import type { Moment } from "./operands.js";
import { type Interval, type Version, compare, version, within } from "./semver.js";
import { Unreadable, isWellFormed } from "./values.js";

export type Judge = (value: unknown) => boolean | undefined;
export type TimedJudge = (moment: bigint, now: bigint) => boolean;
/** What of a moment and a bound says that one comes before or after the other. */
type Holds<Value> = (value: Value, bound: Value) => boolean;

const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

export function folded(value: unknown): unknown {
  if (typeof value === "string") return casefold(value);
  return Array.isArray(value) ? value.map(folded) : value;
}

/** One thing for all that `in` takes for equal: an integer is its decimal text. Undefined: cannot be judged. */
function token(value: unknown): string | number | boolean | undefined {
  if (typeof value === "string") return isWellFormed(value) ? value : undefined;
  if (typeof value === "boolean") return value;
  const integer = whole(value);
  return integer === undefined ? finite(value) : String(integer);
}

/** As in a context, so a value that cannot be judged there equals nothing. */
function tokens(values: readonly unknown[]): Set<unknown> {
  const found = new Set<unknown>(values.map(token));
  found.delete(undefined);
  return found;
}

export function among(values: readonly unknown[]): Judge {
  const wanted = tokens(values);
  return (value) => {
    if (typeof value === "string" && wanted.has(value)) return true; // the commonest case, and nothing odd is among them
    const found = token(value);
    return found === undefined ? undefined : wanted.has(found);
  };
}

export function holdingAll(values: readonly unknown[]): Judge {
  const wanted = [...new Set(values.map(token))];
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const found = tokens(value);
    return wanted.every((each) => found.has(each));
  };
}

export function text(holds: Holds<string>): (values: readonly string[]) => Judge {
  return (values) => (value) =>
    typeof value === "string" && isWellFormed(value) ? values.some((each) => holds(value, each)) : undefined;
}

export function matching(patterns: readonly ((text: string) => boolean)[]): Judge {
  return (value) =>
    typeof value === "string" && isWellFormed(value) ? patterns.some((matches) => matches(value)) : undefined;
}

/** Any of the values is a comparison with the one that decides, which `least` or `greatest` chooses. */
export function number(choose: (...values: number[]) => number, holds: Holds<number>): (values: readonly number[]) => Judge {
  return (values) => {
    const bound = values.reduce((one, other) => choose(one, other));
    return (value) => {
      const found = numeric(value);
      return found === undefined ? undefined : holds(found, bound);
    };
  };
}

function numeric(value: unknown): number | undefined {
  if (typeof value === "string") return JSON_NUMBER.test(value) ? finite(Number(value)) : undefined;
  return finite(value);
}

export function leaving(values: readonly number[]): Judge {
  const [divisor, remainder] = values as [number, number];
  if (values.length !== 2 || divisor <= 0 || remainder < 0 || remainder >= divisor) {
    throw new Unreadable("mod takes [divisor, remainder] with divisor > 0 and 0 ≤ remainder < divisor");
  }
  return (value) => {
    const integer = whole(value);
    if (integer === undefined) return undefined;
    const rest = integer % divisor;
    return (rest < 0 ? rest + divisor : rest) === remainder; // floored: -7 mod 5 = 3
  };
}

export function versions(holds: (order: number) => boolean): (values: readonly Version[]) => Judge {
  return (values) => ofVersion((found) => values.some((value) => holds(compare(found, value))));
}

export function inRange(ranges: readonly Interval[][]): Judge {
  return ofVersion((found) => ranges.some((intervals) => intervals.every((interval) => within(found, interval))));
}

function ofVersion(holds: (found: Version) => boolean): Judge {
  return (value) => {
    const found = typeof value === "string" ? version(value) : undefined;
    return found && holds(found);
  };
}

export function inNetwork(values: readonly Network[]): Judge {
  return (value) => {
    const found = typeof value === "string" ? address(value) : undefined;
    return found && values.some(({ width, prefix, bits }) => width === found.width && found.bits >> BigInt(width - prefix) === bits);
  };
}

export function before(values: readonly Moment[]): TimedJudge {
  return (moment, now) => values.some((value) => moment < since1970(value, now));
}

export function after(values: readonly Moment[]): TimedJudge {
  return (moment, now) => values.some((value) => moment > since1970(value, now));
}

function since1970({ nanoseconds, fromNow }: Moment, now: bigint): bigint {
  return fromNow ? now + nanoseconds : nanoseconds;
}

export function existing(): Judge {
  return (value) => value !== undefined && value !== null && (typeof value !== "number" || Number.isFinite(value));
}
