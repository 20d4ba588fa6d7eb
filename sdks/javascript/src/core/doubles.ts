// Numbers as every JSON reader holds them: IEEE doubles, and integers only as far as those are exact.

/** The number where it is finite; undefined for everything else. */
export function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The value as an integer within ±(2^53-1), 5.0 included; undefined for everything else. */
export function whole(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) + 0 || 0 : undefined; // no negative zero
}
