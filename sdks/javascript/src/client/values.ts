// All values of a client at once.

import type { Client } from "../remote/client.js";

/** Of the flags that have one, by key. */
export function valuesOf(client: Client): Record<string, unknown> {
  const found = Object.values(client.allFlags()).filter(({ value }) => value !== undefined);
  return Object.fromEntries(found.map(({ key, value }) => [key, value]));
}
