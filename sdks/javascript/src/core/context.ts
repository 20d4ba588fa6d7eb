// Who is asking: the attributes of one request, and how a name finds its attribute.

import { bucketingKey } from "./bucketing.js";
import { type Document, has, isObject, member } from "./values.js";

export const TARGETING_KEY = "targetingKey";
export const NOW = "now";
const ALIASES = ["user_id", "userId"];

export type Reader = (attributes: Document) => unknown;

/** One subject's attributes, prepared once per question. `key`: the targeting key as it is compared and hashed. */
export interface Context {
  readonly attributes: Document;
  readonly key: string | undefined;
}

/** The context of a JSON object; `user_id` or `userId` stand in where `targetingKey` is missing or null. */
export function contextFrom(attributes: Document): Context {
  const key = keyAmong(attributes);
  const known = key === attributes[TARGETING_KEY] ? attributes : { ...attributes, [TARGETING_KEY]: key };
  return { attributes: known, key: bucketingKey(key) };
}

function keyAmong(attributes: Document): unknown {
  for (const name of [TARGETING_KEY, ...ALIASES]) {
    const value = member(attributes, name);
    if (value !== undefined && value !== null) return value;
  }
  return attributes[TARGETING_KEY];
}

/** How to find the attribute: a member of exactly this name, else a path of nested objects; undefined or null: missing. */
export function reader(name: string): Reader {
  const [head, ...path] = name.split(".") as [string, ...string[]];
  if (path.length === 0 || head === NOW) return (attributes) => member(attributes, name); // the clock hides that member
  return (attributes) => {
    if (has(attributes, name)) return attributes[name];
    let found = member(attributes, head);
    for (const step of path) {
      if (!isObject(found)) return undefined;
      found = member(found, step);
    }
    return found;
  };
}
