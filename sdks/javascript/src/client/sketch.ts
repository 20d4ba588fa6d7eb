// Durations as a sketch (DDSketch): counts by order of magnitude, of which those of many clients may be added up.

const GAMMA = 1.02 / 0.98; // so that whatever is read out is within 2 %

export class Sketch {
  /** By ⌈log n ÷ log gamma⌉ of n nanoseconds: some hundreds at most. */
  readonly buckets: Record<number, number> = {};

  add(nanoseconds: number): void {
    const bucket = Math.ceil(Math.log(Math.max(1, nanoseconds)) / Math.log(GAMMA));
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
  }

  /** Base64 of `{"gamma", "buckets"}`, as a batch has it; undefined for nothing, and where there is no base64. */
  asText(): string | undefined {
    const text = JSON.stringify({ gamma: GAMMA, buckets: this.buckets });
    return text.endsWith("{}}") ? undefined : globalThis.btoa?.(text);
  }
}
