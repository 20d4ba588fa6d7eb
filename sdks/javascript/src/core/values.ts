// JSON values, and how they are named in messages.

export type Document = { readonly [name: string]: unknown };

export class Unreadable extends Error {} // a definition that is newer than this reader, incomplete, or broken

const HALF = /[\ud800-\udfff]/; // of a pair, or a lone one
const SURROGATE = /\p{Surrogate}/u; // with this flag only a lone one is found

export function isObject(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the object has this member itself: `constructor` and the like are nobody's attribute. */
export function has(object: object, name: string): boolean {
  return Object.prototype.hasOwnProperty.call(object, name);
}

/** The object's own member; undefined where it has none. */
export function member(object: Document, name: string): unknown {
  return has(object, name) ? object[name] : undefined;
}

/** Whether the text is Unicode throughout: a lone surrogate is no character. */
export function isWellFormed(text: string): boolean {
  return !HALF.test(text) || !SURROGATE.test(text);
}

/** The value as JSON for a message, never long. */
export function quoted(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
