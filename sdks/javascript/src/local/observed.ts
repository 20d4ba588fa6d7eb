// Contexts as telemetry tells of them: flat, bounded, and each attribute only as far as its class lets it out.

import { TARGETING_KEY } from "../core/context.js";
import { type Document, isObject, isWellFormed } from "../core/values.js";
import { sha256 } from "./sha256.js";

/** plain: the value is told · hashed: equal values can be counted · never: the name and the type alone are told */
export type PrivacyClass = "plain" | "hashed" | "never";
/** By the attribute's name, as rules use it; `*` stands for all others, which are hashed without. */
export type Classes = Readonly<Record<string, PrivacyClass>>;

const STRICTNESS: readonly PrivacyClass[] = ["plain", "hashed", "never"];
const NEVER_TOLD = [TARGETING_KEY, "user_id", "userId"];
const MOST = { sampled: 20, attributes: 50, depth: 5, characters: 200 };
const LIKE_AN_ADDRESS = /^[^ @]+@[^ @]+$/;

/** Throws where one of them is no class: it would hide nothing. */
export function checked(classes: Classes = {}): Classes {
  for (const [name, each] of Object.entries(classes)) {
    if (!STRICTNESS.includes(each)) throw new TypeError(`the privacy class of ${name} is one of ${STRICTNESS.join(", ")}, not ${JSON.stringify(each)}`);
  }
  return classes;
}

/** A bounded uniform sample (Vitter's algorithm R); what is kept is written as it may be told at once. */
export class Sample {
  private offered = 0;
  private kept: object[] = [];

  constructor(private readonly classes: Classes) {}

  offer(context: Document): void {
    const place = Math.floor(Math.random() * ++this.offered);
    if (place >= MOST.sampled || !Object.keys(context).length) return;
    const item = told(context, this.classes);
    this.kept[this.kept.length < MOST.sampled ? this.kept.length : place] = item;
  }

  /** The sample of what was offered since it was taken last. */
  take(): object[] {
    const { kept } = this;
    [this.offered, this.kept] = [0, []];
    return kept;
  }
}

/** The item of a batch. */
export function told(context: Document, classes: Classes): object {
  const parts: Record<PrivacyClass, [string, unknown][]> = { plain: [], hashed: [], never: [] };
  let count = 0;
  for (const [name, value] of within(context, "", 1)) {
    if (count++ === MOST.attributes) break;
    const found = classFor(name, value, classes);
    const type = typeOf(value)!;
    parts[found].push([name, found === "plain" ? value : found === "hashed" ? [type, hashOf(name, value)] : type]);
  }
  const { plain, hashed, never } = parts;
  const meta = { ...(hashed.length && { hashed: Object.fromEntries(hashed) }), ...(never.length && { named: Object.fromEntries(never) }) };
  return Object.fromEntries([...plain, ...(Object.keys(meta).length ? [["_meta", meta] as [string, unknown]] : [])]);
}

function* within(members: Document, prefix: string, depth: number): Generator<[string, unknown]> {
  for (const [key, value] of Object.entries(members)) {
    const name = prefix + key;
    if (!key || name === "_meta" || !isShort(name)) continue;
    if (isObject(value)) {
      if (depth < MOST.depth) yield* within(value, `${name}.`, depth + 1);
    } else if (typeOf(value)) yield [name, value];
  }
}

function classFor(name: string, value: unknown, classes: Classes): PrivacyClass {
  if (NEVER_TOLD.includes(name) || !isSmall(value)) return "never";
  const found = own(classes, name) ?? own(classes, "*") ?? "hashed";
  return found === "plain" && typeof value === "string" && LIKE_AN_ADDRESS.test(value) ? "hashed" : found;
}

function own(classes: Classes, name: string): PrivacyClass | undefined {
  return Object.prototype.hasOwnProperty.call(classes, name) ? classes[name] : undefined;
}

function isSmall(value: unknown): boolean {
  if (typeof value === "string") return isShort(value);
  return typeof value === "boolean" || (typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER);
}

function isShort(text: string): boolean {
  const length = text.length <= MOST.characters ? text.length : [...text.slice(0, 2 * MOST.characters + 1)].length;
  return length <= MOST.characters && !text.includes("\0") && isWellFormed(text);
}

function typeOf(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? "number" : undefined;
  if (typeof value === "string" || typeof value === "boolean") return typeof value;
  return Array.isArray(value) ? "list" : undefined;
}

function hashOf(name: string, value: unknown): string {
  return sha256(`${name}\0${JSON.stringify(value)}`).slice(0, 16);
}
