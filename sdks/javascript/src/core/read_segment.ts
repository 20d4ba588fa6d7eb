// One segment of a manifest as frozen data.

import { bucketingKey } from "./bucketing.js";
import type { Segment } from "./model.js";
import type { Tools } from "./operators.js";
import { Conditions } from "./read_conditions.js";
import { Unreadable, has, isObject, quoted } from "./values.js";

/** The segment, from its document alone; one that cannot be understood here has a fault. */
export function readSegment(key: string, document: unknown, tools: Tools): Segment {
  try {
    return segmentOf(key, document, new Conditions(tools));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const nobody = new Set<string>();
    const references = { flags: nobody, segments: new Map<string, string>() };
    return { key, source: document, included: nobody, excluded: nobody, rules: [], references, fault: error.message };
  }
}

function segmentOf(key: string, document: unknown, conditions: Conditions): Segment {
  if (!isObject(document)) throw new Unreadable(`${quoted(document)} is not a segment`);
  const rules = has(document, "rules") ? document["rules"] : [];
  if (!Array.isArray(rules)) throw new Unreadable(`${quoted(rules)} is not a list of rules`);
  return {
    key,
    source: document,
    included: new Set(keysOf(has(document, "included") ? document["included"] : [])),
    excluded: new Set(keysOf(has(document, "excluded") ? document["excluded"] : [])),
    rules: rules.map((rule) => conditions.read(rule)),
    references: conditions.references(),
  };
}

/** A list of targeting keys in the form that bucketing uses. */
export function keysOf(values: unknown): string[] {
  if (!Array.isArray(values)) throw new Unreadable(`${quoted(values)} is not a list of targeting keys`);
  return values.map(bucketingKey).filter((key) => key !== undefined) as string[];
}
