// Whose signatures are believed: the keys that were met first, and whoever a known one vouches for.

import { type Jwks, type PublicKeys, Untrusted, keysOf, oursOf, read } from "./jws.js";

/** Public keys that nobody who is known vouches for. */
export class Strangers extends Untrusted {}

const PUBLIC_KEYS = "flagforge-keys";

/** Those of a set that count: any for whoever knows none; else known ones, or those that a known one signed. Throws Strangers. */
export async function believed(told: Jwks, known: Jwks | undefined): Promise<{ jwks: Jwks; keys: PublicKeys }> {
  const keys = await keysOf(told);
  if (!known || (keys.size > 0 && isAmong(told, known))) return { jwks: told, keys };
  const signed = String(told.signed ?? "");
  const vouched = await read(signed, await keysOf(known), PUBLIC_KEYS).catch((error: Error) => {
    throw new Strangers(`the public keys are others than before, and no known key vouches for them: ${error.message}`);
  });
  // What stands beside them unsigned is not kept either, or it would be known the next time.
  const jwks: Jwks = { ...JSON.parse(vouched), signed };
  return { jwks, keys: await keysOf(jwks) };
}

/** By the keys themselves: what they are called is the sender's to say. */
function isAmong(told: Jwks, known: Jwks): boolean {
  const held = new Set(oursOf(known).map(({ x }) => x));
  return oursOf(told).every(({ x }) => held.has(x));
}
