// Whether what flags and segments refer to can be found: all that depends on more than one definition.

import { MAX_PREREQUISITE_DEPTH, MAX_REFERENCE_DEPTH } from "./limits.js";
import type { Flag, Segment } from "./model.js";
import { depths, isOnCycle } from "./references.js";
import { quoted } from "./values.js";

/** Why a flag or a segment cannot be used although it can be read. */
export class Links {
  readonly faults: Map<string, string>;
  readonly segmentFaults = new Map<string, string>();

  constructor(
    flags: ReadonlyMap<string, Flag>,
    private readonly segments: ReadonlyMap<string, Segment>,
  ) {
    this.followSegments();
    this.faults = prerequisiteFaults(flags);
    for (const [key, flag] of flags) {
      const fault = this.faultOf(flag.references.segments);
      if (fault) this.faults.set(key, fault);
    }
  }

  private followSegments(): void {
    const found = depths(new Map([...this.segments].map(([key, segment]) => [key, segment.references.segments.keys()])));
    const order = [...this.segments.values()].sort((one, other) => depth(found, one) - depth(found, other));
    for (const { key, fault, references } of order) {
      const why = circle(key, found) ?? fault ?? this.faultOf(references.segments);
      if (why) this.segmentFaults.set(key, `segment ${key}: ${why}`);
    }
  }

  private faultOf(used: ReadonlyMap<string, string>): string | undefined {
    for (const [key, rule] of used) {
      const fault = this.segments.has(key) ? this.segmentFaults.get(key) : `the segment ${quoted(key)} is missing`;
      if (fault) return rule ? `rule ${rule}: ${fault}` : fault;
    }
    return undefined;
  }
}

/** What is used comes before its users, and what is on a circle last. */
function depth(found: ReadonlyMap<string, number>, { key }: Segment): number {
  return found.get(key) ?? Number.MAX_SAFE_INTEGER;
}

function circle(key: string, found: ReadonlyMap<string, number>): string | undefined {
  const depth = found.get(key);
  if (depth === undefined) return "it uses itself, directly or through others";
  return depth > MAX_REFERENCE_DEPTH ? `it uses others deeper than ${MAX_REFERENCE_DEPTH}` : undefined;
}

/** Prerequisites that lead back to themselves, or too deep; those that only ask such a flag are sound. */
function prerequisiteFaults(flags: ReadonlyMap<string, Flag>): Map<string, string> {
  const graph = new Map([...flags].map(([key, flag]) => [key, flag.references.flags]));
  const found = depths(graph);
  const faults = new Map<string, string>();
  for (const key of graph.keys()) {
    const depth = found.get(key);
    if (depth === undefined && isOnCycle(key, graph)) faults.set(key, "its prerequisites lead back to it");
    if (depth !== undefined && depth > MAX_PREREQUISITE_DEPTH) faults.set(key, `its prerequisites are deeper than ${MAX_PREREQUISITE_DEPTH}`);
  }
  return faults;
}
