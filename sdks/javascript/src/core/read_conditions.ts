// Conditions and groups, from documents to objects.

import { Clocked, Group, InSegment, Judged, Serves, Timed } from "./conditions.js";
import { NOW, reader } from "./context.js";
import type { Judge, TimedJudge } from "./judges.js";
import { MAX_GROUP_DEPTH } from "./limits.js";
import type { Condition, References } from "./model.js";
import { OPERATORS, type Operator, type Tools } from "./operators.js";
import { type Document, Unreadable, has, isObject, quoted } from "./values.js";

/** Reads the conditions of one flag or segment, and remembers what they refer to. `rule`: the id of the one just read. */
export class Conditions {
  rule = "";
  private readonly segments = new Map<string, string>();

  constructor(private readonly tools: Tools) {}

  references(flags: ReadonlySet<string> = new Set()): References {
    return { flags, segments: this.segments };
  }

  /** The condition or group; `flags` says whether it may ask for flags, as only prerequisites do. */
  read(node: unknown, negate = false, flags = false, depth = 0): Condition {
    if (!isObject(node)) throw new Unreadable(`${quoted(node)} is not a condition`);
    if (has(node, "all") || has(node, "any") || has(node, "not")) {
      if (depth === MAX_GROUP_DEPTH) throw new Unreadable(`groups are nested deeper than ${MAX_GROUP_DEPTH}`);
      return this.group(node, negate, flags, depth + 1);
    }
    if (has(node, "segment")) return this.segment(node["segment"], !negate);
    if (flags && has(node, "flag")) return prerequisite(node, !negate);
    return this.condition(node, negate);
  }

  private group(node: Document, negate: boolean, flags: boolean, depth: number): Condition {
    if (has(node, "not")) return this.read(node["not"], !negate, flags, depth);
    const every = has(node, "all");
    const children = every ? node["all"] : node["any"];
    if (!Array.isArray(children) || !(children.length || every)) throw new Unreadable(`${quoted(children)} is not a list of conditions`);
    const parts = children.map((child) => this.read(child, negate, flags, depth));
    // De Morgan: what is negated already asks for any of the parts where "all" stood.
    return parts.length === 1 ? parts[0]! : new Group(parts, every !== negate);
  }

  private segment(key: unknown, wanted: boolean): Condition {
    if (typeof key !== "string") throw new Unreadable(`${quoted(key)} is not the key of a segment`);
    if (!this.segments.has(key)) this.segments.set(key, this.rule);
    return new InSegment(key, wanted);
  }

  private condition(node: Document, negate: boolean): Condition {
    const { attribute, op } = node;
    const row = OPERATORS.get(op);
    if (!row) throw new Unreadable(`the operator ${quoted(op)} is not known here`);
    if (typeof attribute !== "string") throw new Unreadable(`${quoted(attribute)} is not the name of an attribute`);
    if (attribute === NOW && !row.timed) throw new Unreadable(`now is the clock, which ${op} cannot compare`);
    const judge = this.judge(node, row);
    const wanted = claim(node, "negate") === negate;
    if (!row.timed) return new Judged(reader(attribute), judge as Judge, wanted);
    if (attribute === NOW) return new Clocked(judge as TimedJudge, wanted);
    return new Timed(reader(attribute), judge as TimedJudge, wanted);
  }

  private judge(node: Document, row: Operator): Judge | TimedJudge {
    const values = has(node, "values") ? node["values"] : [];
    if (!Array.isArray(values) || !(values.length || row.mayBeEmpty)) throw new Unreadable(`${quoted(values)} are no values for ${node["op"]}`);
    return row.judge(values.map(row.read) as never, claim(node, "ignore_case"), this.tools);
  }
}

/** A member that is true or false, and false where it is missing. */
export function claim(node: Document, name: string): boolean {
  const value = has(node, name) ? node[name] : false;
  if (typeof value !== "boolean") throw new Unreadable(`${quoted(value)} is not true or false, as ${name} must be`);
  return value;
}

function prerequisite(node: Document, wanted: boolean): Condition {
  const { flag, variants } = node;
  if (typeof flag !== "string" || !Array.isArray(variants)) throw new Unreadable("a prerequisite is not written as flag and variants");
  return new Serves(flag, new Set(variants.filter((variant) => typeof variant === "string" && variant)), wanted);
}
