// Stores for Svelte that follow the flags: `$useFlag("key", false)` by way of `const isOn = useFlag("key", false)` and `$isOn`.

import { getContext, setContext } from "svelte";
import { type Readable, readable } from "svelte/store";
import { valuesOf } from "./client/values.js";
import type { Client } from "./remote/client.js";

const FLAGS = Symbol.for("flagforge");

/** Gives the client to this component and everything inside. */
export function provideFlags(client: Client): void {
  setContext(FLAGS, client);
}

export function useClient(): Client {
  const client = getContext<Client | undefined>(FLAGS);
  if (!client) throw new Error("provideFlags(client) is missing in a component around this one");
  return client;
}

/** The flag's value, of the default's type. */
export function useFlag<Value>(key: string, fallback: Value): Readable<Value> {
  return flagStore(useClient(), key, fallback);
}

/** The same outside of components. */
export function flagStore<Value>(client: Client, key: string, fallback: Value): Readable<Value> {
  return following(client, (changed) => changed.includes(key), () => client.details(key, fallback).value);
}

/** The values of all flags that have one, by key. */
export function useFlags(): Readable<Record<string, unknown>> {
  const client = useClient();
  return following(client, () => true, () => valuesOf(client));
}

function following<Value>(client: Client, concerns: (changed: readonly string[]) => boolean, read: () => Value): Readable<Value> {
  return readable(read(), (set) => {
    set(read()); // what changed before anybody listened
    return client.onChange((changed) => concerns(changed) && set(read()));
  });
}
