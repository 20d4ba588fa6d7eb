// Remote mode, for browsers and whoever else asks with a client key. Servers take `@flagforge/sdk/local`.

export { Client, type Options } from "./remote/client.js";
export type { Storage, Values } from "./remote/shelf.js";
export type { Details, ErrorCode, EvaluationContext, Reason } from "./client/details.js";
export type { Mode } from "./client/feed.js";
export type { Status } from "./client/flags.js";
export type { Timing } from "./client/timing.js";
