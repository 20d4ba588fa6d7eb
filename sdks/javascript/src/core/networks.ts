// IP addresses and networks as integers; an IPv4-mapped IPv6 address is the IPv4 address.

import { Unreadable } from "./values.js";

export interface Address {
  readonly width: 32 | 128;
  readonly bits: bigint;
}

/** `bits` are the leading `prefix` bits. */
export interface Network extends Address {
  readonly prefix: number;
}

const PREFIX_LENGTH = /^(?:0|[1-9][0-9]{0,2})$/;
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const HEXTET = /^[0-9a-fA-F]{1,4}$/;
const LONGEST_ADDRESS = 45; // 0000:0000:0000:0000:0000:ffff:255.255.255.255

/** The address; undefined for anything else, zone ids (`fe80::1%eth0`) included. */
export function address(text: string): Address | undefined {
  const raw = text.length <= LONGEST_ADDRESS ? rawAddress(text) : undefined;
  return raw && isMapped(raw) ? { width: 32, bits: raw.bits & 0xffffffffn } : raw;
}

/** The network of `10.0.0.0/8` or of a bare address; throws Unreadable, for host bits too. */
export function network(text: string): Network {
  const slash = text.indexOf("/");
  const length = slash < 0 ? undefined : text.slice(slash + 1);
  const raw = rawAddress(slash < 0 ? text : text.slice(0, slash));
  if (!raw || (length !== undefined && !PREFIX_LENGTH.test(length)) || Number(length ?? 0) > raw.width) {
    throw new Unreadable(`"${text}" is not a network`);
  }
  const prefix = length === undefined ? raw.width : Number(length);
  const host = BigInt(raw.width - prefix);
  if (raw.bits & ((1n << host) - 1n)) throw new Unreadable(`"${text}" has bits set beyond its /${prefix}`);
  if (prefix >= 96 && isMapped(raw)) {
    return { width: 32, prefix: prefix - 96, bits: (raw.bits & 0xffffffffn) >> host };
  }
  return { width: raw.width, prefix, bits: raw.bits >> host };
}

function isMapped({ width, bits }: Address): boolean {
  return width === 128 && bits >> 32n === 0xffffn;
}

function rawAddress(text: string): Address | undefined {
  const width = text.includes(":") ? 128 : 32;
  const bits = width === 128 ? sixteenBytes(text) : fourBytes(text);
  return bits === undefined ? undefined : { width, bits };
}

function fourBytes(text: string): bigint | undefined {
  const octets = text.split(".");
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) < 256)) return undefined;
  return octets.reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
}

function sixteenBytes(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":"))) as [string[], string[] | undefined];
  const last = (tail ?? head).length ? (tail ?? head) : [];
  const ending = last[last.length - 1];
  if (ending !== undefined && ending.includes(".")) {
    const four = fourBytes(ending);
    if (four === undefined) return undefined;
    last.splice(-1, 1, (four >> 16n).toString(16), (four & 0xffffn).toString(16));
  }
  const given = head.length + (tail?.length ?? 0);
  if (tail ? given > 7 : given !== 8) return undefined; // "::" stands for one group at least
  const groups = [...head, ...Array<string>(8 - given).fill("0"), ...(tail ?? [])];
  if (!groups.every((group) => HEXTET.test(group))) return undefined;
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
