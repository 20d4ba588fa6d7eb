// Which flags a definition asks for, and how deep such asking goes.

import { has, isObject } from "./values.js";

type Graph = ReadonlyMap<string, Iterable<string>>;

/** The keys of flags that a condition tree names, in document order. */
export function flagsAsked(node: unknown): string[] {
  if (!isObject(node)) return [];
  const own = typeof node["flag"] === "string" ? [node["flag"]] : [];
  const parts = has(node, "not") ? [node["not"]] : [];
  for (const group of ["all", "any"]) if (Array.isArray(node[group])) parts.push(...(node[group] as unknown[]));
  return [...own, ...parts.flatMap(flagsAsked)];
}

/** How many steps the longest chain from each key has; a key on a cycle, or leading to one, is absent. */
export function depths(graph: Graph): Map<string, number> {
  const waiting = new Map([...graph].map(([key, asked]) => [key, new Set([...asked].filter((each) => graph.has(each)))]));
  const askers = new Map<string, string[]>([...graph.keys()].map((key) => [key, []]));
  for (const [key, asked] of waiting) for (const each of asked) askers.get(each)!.push(key);
  const found = new Map<string, number>();
  let ready = [...graph.keys()].filter((key) => waiting.get(key)!.size === 0);
  for (let depth = 0; ready.length; depth++) {
    for (const key of ready) found.set(key, depth);
    ready = ready.flatMap((key) => askers.get(key)!.filter((asker) => settles(waiting.get(asker)!, key)));
  }
  return found;
}

function settles(waiting: Set<string>, key: string): boolean {
  return waiting.delete(key) && waiting.size === 0;
}

/** Whether the key asks for itself, directly or through others. */
export function isOnCycle(key: string, graph: Graph): boolean {
  const seen = new Set<string>();
  const ahead = [...(graph.get(key) ?? [])];
  for (let asked = ahead.pop(); asked !== undefined; asked = ahead.pop()) {
    if (asked === key) return true;
    if (!seen.has(asked)) {
      seen.add(asked);
      ahead.push(...(graph.get(asked) ?? []));
    }
  }
  return false;
}
