// What may be written as a condition's values: each reader returns what is compared, or throws Unreadable.

import * as instants from "./instants.js";
import { MAX_INTEGER, MAX_PATTERN_LENGTH } from "./limits.js";
import * as networks from "./networks.js";
import * as semver from "./semver.js";
import { whole } from "./doubles.js";
import { Unreadable, quoted } from "./values.js";

/** A moment in nanoseconds: since 1970, or from now. */
export interface Moment {
  readonly nanoseconds: bigint;
  readonly fromNow: boolean;
}

/** Compiles an RE2 pattern; throws for what is none. */
export type CompilePattern = (pattern: string) => (text: string) => boolean;

export function scalar(value: unknown): string | boolean | number {
  return typeof value === "string" || typeof value === "boolean" ? value : number(value);
}

export function text(value: unknown): string {
  if (typeof value !== "string" || value === "") throw new Unreadable(`${quoted(value)} is not a string of at least one character`);
  return value;
}

export function number(value: unknown): number {
  if (typeof value !== "number") throw new Unreadable(`${quoted(value)} is not a number`);
  if (!(Math.abs(value) <= MAX_INTEGER)) throw new Unreadable("a number must be within ±(2^53-1)");
  return value;
}

export function integer(value: unknown): number {
  const found = whole(value);
  if (found === undefined) throw new Unreadable(`${quoted(value)} is not an integer within ±(2^53-1)`);
  return found;
}

export function pattern(value: unknown): string {
  const written = text(value);
  const length = [...written].length;
  if (length > MAX_PATTERN_LENGTH) throw new Unreadable(`a pattern has at most ${MAX_PATTERN_LENGTH} characters, this one ${length}`);
  return written;
}

export function version(value: unknown): semver.Version {
  const found = typeof value === "string" ? semver.version(value) : undefined;
  if (!found) throw new Unreadable(`${quoted(value)} is not a semantic version`);
  return found;
}

export function versionRange(value: unknown): semver.Interval[] {
  return semver.intervals(text(value));
}

export function network(value: unknown): networks.Network {
  return networks.network(text(value));
}

export function moment(value: unknown): Moment {
  const relative = typeof value === "string" ? instants.offset(value) : undefined;
  if (relative !== undefined) return { nanoseconds: relative, fromNow: true };
  const absolute = instants.instant(value);
  if (absolute === undefined) throw new Unreadable(`${quoted(value)} is not a moment`);
  return { nanoseconds: absolute, fromNow: false };
}

export function nothing(): never {
  throw new Unreadable("exists takes no values");
}
