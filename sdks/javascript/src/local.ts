// Local mode, for servers and edge workers: a server key, the rules themselves, and an answer for anybody without asking.

export { LocalClient, type LocalOptions, type Store } from "./local/client.js";
export type { Jwks } from "./local/jws.js";
export type { RefusalKind } from "./local/refusals.js";
export type { Classes, PrivacyClass } from "./local/observed.js";
export type { Re2 } from "./core/patterns.js";
export type { Details, ErrorCode, EvaluationContext, Reason } from "./client/details.js";
export type { Mode } from "./client/feed.js";
export type { Status } from "./client/flags.js";
export type { Timing } from "./client/timing.js";
