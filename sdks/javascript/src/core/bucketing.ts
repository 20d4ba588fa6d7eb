// Which of the 100,000 buckets somebody falls into: version 1, the same on every machine and in every language.

import { whole } from "./doubles.js";
import { BUCKETS } from "./limits.js";
import { isWellFormed } from "./values.js";

const TWO_32 = 2 ** 32;

/** The bucket 0 … 99,999 of a key. A hash times 100,000 is below 2^53, so no digit is lost. */
export function bucket(salt: string, key: string): number {
  return Math.floor((hash(`${salt}\0${key}`) * BUCKETS) / TWO_32);
}

/** The least hash in the bucket: whoever compares hashes with it need not compute buckets. */
export function firstHash(bucket: number): number {
  return Math.ceil((bucket * TWO_32) / BUCKETS);
}

/** The text that stands for somebody in buckets, targets and segments; undefined: no usable key. */
export function bucketingKey(value: unknown): string | undefined {
  if (typeof value === "string") return value !== "" && isWellFormed(value) ? value : undefined;
  const number = whole(value);
  return number === undefined ? undefined : String(number);
}

/** murmur3 x86 32 with seed 0 over the text's UTF-8 bytes, as an unsigned integer. */
export function hash(text: string): number {
  const bytes = utf8(text);
  const tail = bytes.length & ~3;
  let h = 0;
  for (let i = 0; i < tail; i += 4) {
    h ^= scrambled(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = bytes.length - 1; i >= tail; i--) rest = (rest << 8) | bytes[i]!;
  return finished((h ^ (tail < bytes.length ? scrambled(rest) : 0)) ^ bytes.length);
}

function scrambled(k: number): number {
  k = Math.imul(k, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

function finished(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const encoder = new TextEncoder();

function utf8(text: string): ArrayLike<number> {
  const bytes = new Array<number>(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return encoder.encode(text); // most keys are ASCII, which is its own encoding
    bytes[i] = code;
  }
  return bytes;
}
