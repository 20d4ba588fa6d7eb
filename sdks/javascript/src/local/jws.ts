// Signatures over bytes: JSON Web Signatures with Ed25519 (RFC 7515, RFC 8037), attached or detached (RFC 7797), by WebCrypto.

import { isObject, quoted } from "../core/values.js";

/** What came is not taken. Subclasses say why. */
export class Untrusted extends Error {}

/** The signature does not belong to these bytes, or is none at all. */
export class Tampered extends Untrusted {}

/** Signed with a key that is not among the public ones; after a rotation, fetching them again helps. */
export class UnknownSigner extends Untrusted {}

/** A JSON Web Key Set, as /.well-known/flagforge/jwks.json has it. */
export interface Jwks {
  readonly keys: readonly { readonly [member: string]: unknown }[];
  /** The set itself, signed by the oldest key in it. */
  readonly signed?: string;
}

/** By their names, `kid`. */
export type PublicKeys = ReadonlyMap<string, CryptoKey>;

const ALGORITHM = "Ed25519";
const encoder = new TextEncoder();

/** The Ed25519 keys of a set, as they stand there; keys of other kinds are passed over. */
export function oursOf(jwks: Jwks): Jwks["keys"] {
  return jwks.keys.filter(({ kty, crv }) => kty === "OKP" && crv === ALGORITHM);
}

/** The same, to verify with. Throws for nonsense. */
export async function keysOf(jwks: Jwks): Promise<PublicKeys> {
  const subtle = await subtleCrypto();
  const named = oursOf(jwks).map(async ({ kid, kty, crv, x }): Promise<[string, CryptoKey]> => {
    return [String(kid), await subtle.importKey("jwk", { kty, crv, x } as JsonWebKey, ALGORITHM, false, ["verify"])];
  });
  return new Map(await Promise.all(named));
}

/** The payload of a JWS of this kind; throws Untrusted. */
export async function read(token: string, keys: PublicKeys, kind: string): Promise<string> {
  const { header, payload, signature } = partsOf(token);
  checkHeader(header, { typ: kind });
  await verify(keyOf(header, keys), signature, encoder.encode(token.slice(0, token.lastIndexOf("."))));
  return new TextDecoder().decode(bytesOf(payload));
}

/** Throws Untrusted unless the token signs these exact bytes. */
export async function verifyDetached(token: string, content: Uint8Array, keys: PublicKeys): Promise<void> {
  const { head, header, payload, signature } = partsOf(token);
  if (payload) throw new Tampered("the signature is not detached");
  checkHeader(header, { b64: false, crit: ["b64"] });
  const signed = new Uint8Array(head.length + 1 + content.length);
  signed.set(encoder.encode(`${head}.`));
  signed.set(content, head.length + 1);
  await verify(keyOf(header, keys), signature, signed);
}

/** `sha256:` and the hexadecimal digest of these exact bytes. */
export async function checksumOf(content: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await (await subtleCrypto()).digest("SHA-256", content as BufferSource));
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

async function subtleCrypto(): Promise<SubtleCrypto> {
  if (globalThis.crypto?.subtle) return crypto.subtle;
  const node = "node:crypto"; // Node 18 has it under this name only; a bundler need not know
  return (await import(/* @vite-ignore */ /* webpackIgnore: true */ node)).webcrypto.subtle;
}

function partsOf(token: string): { head: string; header: Record<string, unknown>; payload: string; signature: Uint8Array } {
  try {
    const [head, payload, signature, ...more] = token.split(".") as [string, string, string];
    const header: unknown = JSON.parse(new TextDecoder().decode(bytesOf(head)));
    if (more.length || !isObject(header)) throw new Error();
    return { head, header, payload, signature: bytesOf(signature) };
  } catch {
    throw new Tampered("this is no signature");
  }
}

/** Nothing is left to the sender: neither the algorithm nor extensions that it may call critical. */
function checkHeader(header: Record<string, unknown>, wanted: object): void {
  const { kid: _, ...found } = header;
  const expected = { alg: "EdDSA", ...wanted };
  const written = (members: object) => JSON.stringify(Object.entries(members).sort());
  if (written(found) !== written(expected)) throw new Tampered(`the signature's header is not ${JSON.stringify(expected)} with a kid`);
}

function keyOf({ kid }: Record<string, unknown>, keys: PublicKeys): CryptoKey {
  const key = typeof kid === "string" ? keys.get(kid) : undefined;
  if (!key) throw new UnknownSigner(`the signing key ${quoted(kid)} is not among the public keys`);
  return key;
}

async function verify(key: CryptoKey, signature: Uint8Array, signed: Uint8Array): Promise<void> {
  const subtle = await subtleCrypto();
  const isGood = await subtle.verify(ALGORITHM, key, signature as BufferSource, signed as BufferSource).catch(() => false);
  if (!isGood) throw new Tampered("the signature does not belong to what it came with");
}

function bytesOf(base64url: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(base64url)) throw new Tampered("this is no base64url");
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}
