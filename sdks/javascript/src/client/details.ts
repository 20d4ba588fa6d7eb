// What an application gets for a flag, and why.

/** Who is asking: a JSON object. `targetingKey` (or `user_id`, `userId`) is the subject's identity. */
export type EvaluationContext = { readonly [attribute: string]: unknown };

export type ErrorCode =
  | "PROVIDER_NOT_READY" // nothing was heard yet, and nothing is stored
  | "FLAG_NOT_FOUND"
  | "TYPE_MISMATCH" // the flag has a value of another type than was asked for
  | "TARGETING_KEY_MISSING"
  | "PARSE_ERROR"
  | "GENERAL";

/** STATIC, DEFAULT, TARGETING_MATCH, SPLIT, DISABLED as the server says; OVERRIDE: set by hand here; ERROR: see `errorCode`. */
export type Reason = "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "SPLIT" | "DISABLED" | "OVERRIDE" | "ERROR";

export interface Details<Value> {
  readonly key: string;
  readonly value: Value;
  readonly variant: string;
  readonly reason: Reason;
  readonly errorCode?: ErrorCode;
  readonly errorMessage?: string;
  readonly version: number;
  readonly metadata: { readonly [name: string]: boolean | string | number };
}

/** An answer as the SDK API writes it. */
export interface Entry {
  readonly value?: unknown;
  readonly variant?: string;
  readonly reason?: Reason;
  readonly errorCode?: ErrorCode;
  readonly errorDetails?: string;
  readonly version: number;
  readonly metadata: { readonly [name: string]: boolean | string | number };
}

/** The default stands in where the entry has no value, or one of another type. */
export function detailsOf<Value>(key: string, fallback: Value, entry: Entry): Details<Value> {
  const { value, variant = "", version, metadata } = entry;
  const { errorCode, errorDetails } = value === undefined || isLike(value, fallback) ? entry : mismatch(value, fallback);
  if (errorCode) return { key, value: fallback, variant: "", reason: "ERROR", errorCode, errorMessage: errorDetails ?? "", version, metadata };
  return { key, value: value === undefined ? fallback : (value as Value), variant, reason: entry.reason ?? "DEFAULT", version, metadata };
}

function isLike(value: unknown, fallback: unknown): boolean {
  return typeof value === typeof fallback || fallback === undefined || fallback === null; // no default says no type
}

function mismatch(value: unknown, fallback: unknown): Pick<Entry, "errorCode" | "errorDetails"> {
  return { errorCode: "TYPE_MISMATCH", errorDetails: `the flag's value is a ${typeof value}, and a ${typeof fallback} was asked for` };
}

export function failure(errorCode: ErrorCode, errorDetails: string): Entry {
  return { errorCode, errorDetails, version: 0, metadata: {} };
}
