// Whether to ask at all: after five failures in a row nobody is asked for a while, then one attempt decides.

const FAILURES = 5;

export type CircuitState = "closed" | "open" | "half-open";

export class Breaker {
  state: CircuitState = "closed";
  failures = 0;
  private opensAgain = 0;

  /** `openMs`: how long it stays open, less up to a half, so that not all clients come back at once. */
  constructor(
    private readonly openMs: number,
    private readonly changed: (to: CircuitState) => void,
  ) {}

  succeeded(): void {
    this.failures = 0;
    this.become("closed");
  }

  failed(now: number): void {
    this.failures++;
    if (this.failures < FAILURES && this.state === "closed") return;
    this.opensAgain = now + this.openMs * (0.5 + Math.random() / 2);
    this.become("open");
  }

  /** Milliseconds until the next attempt may be made; 0 lets it through. */
  waits(now: number): number {
    if (this.state === "open" && now >= this.opensAgain) this.become("half-open");
    return this.state === "open" ? this.opensAgain - now : 0;
  }

  private become(state: CircuitState): void {
    if (this.state === state) return;
    this.state = state;
    this.changed(state);
  }
}
