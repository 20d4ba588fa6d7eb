// What both kinds of clients can be told, with the defaults.

import type { Mode } from "./feed.js";
import type { Fetch } from "./http.js";
import { TIMING, type Timing } from "./timing.js";

export interface CommonOptions {
  /** Of the control plane or a relay, as `https://flags.example`. */
  readonly baseUrl: string;
  readonly sdkKey: string;
  /** How changes are heard of at best: `streaming` by default; what does not work here gives way to the next one. */
  readonly mode?: Mode | "offline";
  /** Counts of evaluations, exposures and tracked events; on by default. */
  readonly telemetry?: boolean;
  /** Names this application and this process in telemetry. */
  readonly application?: string;
  readonly instance?: string;
  readonly timing?: Partial<Timing>;
  readonly fetch?: Fetch;
}

export interface Settings {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly mode: Mode | "offline";
  readonly telemetry: boolean;
  readonly application: string | undefined;
  readonly instance: string | undefined;
  readonly timing: Timing;
  readonly fetch: Fetch;
}

export function settingsOf(options: CommonOptions): Settings {
  const { baseUrl, sdkKey, mode = "streaming", telemetry = true, application, instance } = options;
  return {
    url: String(baseUrl ?? "").replace(/\/+$/, ""),
    headers: { "X-API-Key": String(sdkKey ?? "") },
    mode,
    telemetry: telemetry && mode !== "offline",
    application,
    instance,
    timing: { ...TIMING, ...options.timing },
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
  };
}
