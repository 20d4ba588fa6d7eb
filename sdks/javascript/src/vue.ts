// Composables for Vue: refs that follow the flags.

import { type App, type InjectionKey, type Ref, inject, onScopeDispose, shallowRef } from "vue";
import { valuesOf } from "./client/values.js";
import type { Client } from "./remote/client.js";

const FLAGS: InjectionKey<Client> = Symbol("flagforge");

/** `app.use(flagforge(client))` */
export function flagforge(client: Client): { install(app: App): void } {
  return { install: (app) => void app.provide(FLAGS, client) };
}

export function useClient(): Client {
  const client = inject(FLAGS, null);
  if (!client) throw new Error("app.use(flagforge(client)) is missing");
  return client;
}

/** The flag's value, of the default's type. */
export function useFlag<Value>(key: string, fallback: Value): Readonly<Ref<Value>> {
  const client = useClient();
  return following(client, (changed) => changed.includes(key), () => client.details(key, fallback).value);
}

/** The values of all flags that have one, by key. */
export function useFlags(): Readonly<Ref<Record<string, unknown>>> {
  const client = useClient();
  return following(client, () => true, () => valuesOf(client));
}

function following<Value>(client: Client, concerns: (changed: readonly string[]) => boolean, read: () => Value): Readonly<Ref<Value>> {
  const found = shallowRef(read());
  onScopeDispose(client.onChange((changed) => concerns(changed) && (found.value = read())));
  return found;
}
