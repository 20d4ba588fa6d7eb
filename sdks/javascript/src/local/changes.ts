// Which flags may answer differently from one ruleset to the next.

import type { Flag, Ruleset, Segment } from "../core/model.js";

/** The keys of flags that changed, came, went, or depend on such flags and segments. */
export function changedFlags(before: Ruleset | undefined, after: Ruleset): string[] {
  const segments = differing(before?.segments, after.segments);
  spread(segments, after.segments, ({ references }) => some(references.segments.keys(), segments));
  const flags = differing(before?.flags, after.flags);
  spread(flags, after.flags, ({ references }) => some(references.segments.keys(), segments) || some(references.flags, flags));
  return [...flags];
}

function differing(before: ReadonlyMap<string, Flag | Segment> | undefined, after: ReadonlyMap<string, Flag | Segment>): Set<string> {
  const keys = new Set([...(before?.keys() ?? []), ...after.keys()]);
  return new Set([...keys].filter((key) => before?.get(key) !== after.get(key)));
}

/** Adds whatever depends on what is in there, until nothing more does. */
function spread<Definition>(found: Set<string>, all: ReadonlyMap<string, Definition>, depends: (each: Definition) => boolean): void {
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const [key, each] of all) if (!found.has(key) && depends(each)) found.add(key);
  }
}

function some(asked: Iterable<string>, found: ReadonlySet<string>): boolean {
  for (const key of asked) if (found.has(key)) return true;
  return false;
}
