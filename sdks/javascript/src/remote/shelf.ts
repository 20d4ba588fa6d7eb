// The last values of a few contexts, kept where the page finds them again: localStorage, or whatever is like it.

import type { Entry } from "../client/details.js";

/** As much of the Web Storage API as is used. */
export interface Storage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

export interface Values {
  readonly version: number;
  readonly flags: Readonly<Record<string, Entry>>;
}

interface Kept {
  readonly who: string;
  readonly at: number;
  readonly sum: string;
  readonly text: string;
}

const MOST_CONTEXTS = 5;
const LONGEST_MS = 30 * 24 * 3600_000;

export class Shelf {
  private readonly memory: Storage;
  private kept: Kept[] = [];

  constructor(
    storage: Storage | null | undefined,
    private readonly name: string,
  ) {
    this.memory = storage ?? { getItem: () => null, setItem: () => {} };
    this.kept = this.read(name, []);
  }

  /** What was kept for this context, and when (epoch milliseconds); undefined for nothing, and for what was spoilt. */
  find(context: string): { values: Values; at: number } | undefined {
    const found = this.kept.find(({ who }) => who === sumOf(context));
    if (!found || Date.now() - found.at > LONGEST_MS || sumOf(found.text) !== found.sum) return undefined;
    const values = parsed(found.text) as Values | undefined;
    return values && { values, at: found.at };
  }

  /** Keeps the values; those of the context that was longest not asked for make room. */
  keep(context: string, values: Values): void {
    const text = JSON.stringify(values);
    const who = sumOf(context);
    this.kept = [{ who, at: Date.now(), sum: sumOf(text), text }, ...this.kept.filter((each) => each.who !== who)].slice(0, MOST_CONTEXTS);
    this.write(this.name, JSON.stringify(this.kept));
  }

  /** The anonymous key of this browser, made when it is first asked for. */
  anonymousKey(make: () => string): string {
    const name = "flagforge.anonymous";
    const known = this.read<unknown>(name, "");
    if (typeof known === "string" && known) return known;
    const made = make();
    this.write(name, JSON.stringify(made));
    return made;
  }

  private read<T>(name: string, otherwise: T): T {
    try {
      const found = parsed(this.memory.getItem(name) ?? "");
      return Array.isArray(found) === Array.isArray(otherwise) && found ? (found as T) : otherwise;
    } catch {
      return otherwise; // a browser that forbids storage
    }
  }

  private write(name: string, text: string): void {
    try {
      this.memory.setItem(name, text);
    } catch {
      // full or forbidden: then the next page begins without
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A short sum that tells texts apart (FNV-1a, twice); against accidents, not against people. */
export function sumOf(text: string): string {
  let [one, other] = [0x811c9dc5, 0x9dc5811c];
  for (let i = 0; i < text.length; i++) {
    one = Math.imul(one ^ text.charCodeAt(i), 0x01000193);
    other = Math.imul(other ^ text.charCodeAt(i), 0x01000197);
  }
  return (one >>> 0).toString(36) + (other >>> 0).toString(36);
}
