// How long everything may take, in milliseconds.

export interface Timing {
  readonly requestMs: number; // for an answer
  readonly firstMs: number; // for the first bytes of a stream
  readonly silentMs: number; // without a byte on a stream, where a heartbeat comes every 15 s
  readonly shortMs: number; // a stream that ends sooner was cut
  readonly pollMs: number; // between polls
  readonly longPollMs: number; // that a long poll is held
  readonly probeMs: number; // until a better way is tried again; doubles up to ten times
  readonly openMs: number; // that the circuit breaker stays open, at most
  readonly refusedMs: number; // until a key that was refused is tried again
  readonly flushMs: number; // between batches of telemetry
}

export const TIMING: Timing = {
  requestMs: 10_000,
  firstMs: 10_000,
  silentMs: 40_000,
  shortMs: 20_000,
  pollMs: 30_000,
  longPollMs: 30_000,
  probeMs: 60_000,
  openMs: 10_000,
  refusedMs: 300_000,
  flushMs: 60_000,
};
