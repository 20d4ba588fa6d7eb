// The operators: one row each, from how a value is read to how an attribute is judged.

import * as judges from "./judges.js";
import type { Judge, TimedJudge } from "./judges.js";
import * as operands from "./operands.js";
import type { CompilePattern } from "./operands.js";

/** What reading a ruleset has at hand beside its documents. */
export interface Tools {
  readonly compilePattern: CompilePattern;
}

/** `read` turns one written value into what is compared; `judge` makes one judge of all of them. Both throw Unreadable. */
export interface Operator {
  readonly read: (value: unknown) => unknown;
  readonly judge: (values: never, ignoreCase: boolean, tools: Tools) => Judge | TimedJudge;
  readonly mayBeEmpty?: true;
  readonly timed?: true;
}

type MakeJudge = (values: never) => Judge;

function folding(read: Operator["read"], make: MakeJudge, mayBeEmpty?: true): Operator {
  return {
    read,
    judge: (values: never, ignoreCase) => {
      if (!ignoreCase) return make(values);
      const judge = make((values as unknown[]).map(judges.folded) as never);
      return (value: unknown) => judge(judges.folded(value));
    },
    ...(mayBeEmpty && { mayBeEmpty }),
  };
}

function plain(read: Operator["read"], judge: MakeJudge): Operator {
  return { read, judge };
}

function timed(judge: (values: never) => TimedJudge): Operator {
  return { read: operands.moment, judge, timed: true };
}

function matches(patterns: readonly string[], ignoreCase: boolean, { compilePattern }: Tools): Judge {
  return judges.matching(patterns.map((pattern) => compilePattern(ignoreCase ? `(?i)${pattern}` : pattern)));
}

export const OPERATORS: ReadonlyMap<unknown, Operator> = new Map<string, Operator>([
  ["in", folding(operands.scalar, judges.among, true)],
  ["contains", folding(operands.text, judges.text((value, part) => value.includes(part)))],
  ["starts_with", folding(operands.text, judges.text((value, part) => value.startsWith(part)))],
  ["ends_with", folding(operands.text, judges.text((value, part) => value.endsWith(part)))],
  ["matches", { read: operands.pattern, judge: matches }],
  ["gt", plain(operands.number, judges.number(Math.min, (value, bound) => value > bound))],
  ["gte", plain(operands.number, judges.number(Math.min, (value, bound) => value >= bound))],
  ["lt", plain(operands.number, judges.number(Math.max, (value, bound) => value < bound))],
  ["lte", plain(operands.number, judges.number(Math.max, (value, bound) => value <= bound))],
  ["before", timed(judges.before)],
  ["after", timed(judges.after)],
  ["semver_eq", plain(operands.version, judges.versions((order) => order === 0))],
  ["semver_gt", plain(operands.version, judges.versions((order) => order > 0))],
  ["semver_gte", plain(operands.version, judges.versions((order) => order >= 0))],
  ["semver_lt", plain(operands.version, judges.versions((order) => order < 0))],
  ["semver_lte", plain(operands.version, judges.versions((order) => order <= 0))],
  ["semver_range", plain(operands.versionRange, judges.inRange)],
  ["cidr", plain(operands.network, judges.inNetwork)],
  ["has_all", folding(operands.scalar, judges.holdingAll, true)],
  ["mod", plain(operands.integer, judges.leaving)],
  ["exists", { read: operands.nothing, judge: judges.existing, mayBeEmpty: true }],
]);
