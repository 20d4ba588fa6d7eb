// Hooks for React: a component that uses a flag is drawn again when its answer changes.

import { type ReactNode, createContext, createElement, useContext, useMemo, useSyncExternalStore } from "react";
import { valuesOf } from "./client/values.js";
import type { Client } from "./remote/client.js";
import type { Details } from "./client/details.js";

const Flags = createContext<Client | null>(null);

/** Gives the client to everything inside. */
export function FlagsProvider({ client, children }: { client: Client; children?: ReactNode }): ReactNode {
  return createElement(Flags.Provider, { value: client }, children);
}

export function useClient(): Client {
  const client = useContext(Flags);
  if (!client) throw new Error("there is no <FlagsProvider client={…}> around this component");
  return client;
}

/** The flag's value, and why; see `Client.details`. */
export function useFlagDetails<Value>(key: string, fallback: Value): Details<Value> {
  const client = useClient();
  const peek = () => client.peek(key);
  const entry = useSyncExternalStore((listener) => client.onChange(listener), peek, peek);
  return useMemo(() => client.details(key, fallback), [client, key, entry]);
}

export function useFlag<Value>(key: string, fallback: Value): Value {
  return useFlagDetails(key, fallback).value;
}

/** The values of all flags that have one, by key. */
export function useFlags(): Record<string, unknown> {
  const client = useClient();
  const peek = () => client.changeCount;
  const changeCount = useSyncExternalStore((listener) => client.onChange(listener), peek, peek);
  return useMemo(() => valuesOf(client), [client, changeCount]);
}
