// The vectors of the repository, which every implementation runs unchanged.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export const VECTORS = process.env["VECTORS"] ?? join(process.cwd(), "../../tests/vectors");

export interface Case {
  readonly name: string;
  readonly flags: Record<string, object>;
  readonly segments?: object;
  readonly flag: string;
  readonly context: Record<string, unknown>;
  readonly now?: string;
  readonly client?: boolean;
  readonly expect: object;
}

export function document(name: string): any {
  return JSON.parse(readFileSync(join(VECTORS, name), "utf8"));
}

export function evaluationCases(): { file: string; defaults: object; cases: Case[] }[] {
  return readdirSync(VECTORS)
    .filter((name) => name.endsWith(".json") && "flag_defaults" in document(name))
    .map((name) => ({ file: name, defaults: document(name).flag_defaults, cases: document(name).cases }));
}

export function manifestOf(flags: Record<string, object>, defaults: object, segments: object = {}): object {
  const completed = Object.fromEntries(Object.entries(flags).map(([key, members]) => [key, { ...defaults, ...members }]));
  return { format: 1, environment: "vectors", version: 1, issued: "2026-11-21T10:00:00Z", flags: completed, segments };
}

/** As a vector writes an answer. */
export function shown({ value, variant, reason, errorCode, metadata }: any): object {
  return { ...(value !== undefined && { value }), variant, ...(reason ? { reason } : { errorCode }), metadata };
}
