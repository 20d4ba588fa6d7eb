// Signals for Angular that follow the flags.

import { DestroyRef, InjectionToken, type Provider, type Signal, inject, signal } from "@angular/core";
import { valuesOf } from "./client/values.js";
import type { Client } from "./remote/client.js";

const FLAGS = new InjectionToken<Client>("flagforge");

/** Among the providers of an application: `provideFlags(client)`. */
export function provideFlags(client: Client): Provider {
  return { provide: FLAGS, useValue: client };
}

export function useClient(): Client {
  return inject(FLAGS);
}

/** The flag's value, of the default's type. In an injection context, as in a field of a component. */
export function useFlag<Value>(key: string, fallback: Value): Signal<Value> {
  const client = useClient();
  return following(client, (changed) => changed.includes(key), () => client.details(key, fallback).value);
}

/** The values of all flags that have one, by key. */
export function useFlags(): Signal<Record<string, unknown>> {
  const client = useClient();
  return following(client, () => true, () => valuesOf(client));
}

function following<Value>(client: Client, concerns: (changed: readonly string[]) => boolean, read: () => Value): Signal<Value> {
  const found = signal(read());
  inject(DestroyRef).onDestroy(client.onChange((changed) => void (concerns(changed) && found.set(read()))));
  return found.asReadonly();
}
