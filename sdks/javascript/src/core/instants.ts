// Moments in time as whole nanoseconds since 1970: RFC 3339, epoch milliseconds, and offsets from now.

import { finite } from "./doubles.js";

const MILLISECOND = 1_000_000n;
const UNITS = { s: 1_000n, m: 60_000n, h: 3_600_000n, d: 86_400_000n, w: 604_800_000n };
const RFC_3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$/;
const OFFSET = /^([+-])(0|[1-9][0-9]{0,8})([smhdw])$/;

/** The moment that an RFC 3339 text, a number of epoch milliseconds or a Date names; undefined if it names none. */
export function instant(value: unknown): bigint | undefined {
  if (typeof value === "string") return fromText(value);
  const milliseconds = finite(value instanceof Date ? value.getTime() : value);
  return milliseconds === undefined ? undefined : fromMilliseconds(milliseconds);
}

/** Nanoseconds from now in `-7d` or `+30m` (units s m h d w, m = minutes); undefined if the text is no offset. */
export function offset(text: string): bigint | undefined {
  const found = OFFSET.exec(text);
  if (!found) return undefined;
  const nanoseconds = BigInt(found[2]!) * UNITS[found[3] as keyof typeof UNITS] * MILLISECOND;
  return found[1] === "-" ? -nanoseconds : nanoseconds;
}

export function fromMilliseconds(number: number): bigint {
  const whole = Math.floor(number);
  return BigInt(whole) * MILLISECOND + BigInt(Math.floor((number - whole) * 1e6));
}

function fromText(text: string): bigint | undefined {
  const found = RFC_3339.exec(text);
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as number[];
  const midnight = new Date(0);
  midnight.setUTCFullYear(year!, month! - 1, day); // Date.UTC would take the year 99 for 1999
  if (midnight.getUTCMonth() !== month! - 1 || midnight.getUTCDate() !== day) return undefined;
  const east = found[8] ? Number(`${found[8]}1`) * (Number(found[9]) * 60 + Number(found[10])) : 0;
  const seconds = midnight.getTime() / 1000 + (hour! * 60 + minute! - east) * 60 + second!;
  return BigInt(seconds) * 1_000_000_000n + BigInt((found[7] ?? "").padEnd(9, "0"));
}
