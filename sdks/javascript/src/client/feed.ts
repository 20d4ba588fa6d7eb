// Hearing of changes by the best way that works: a stream, else long polls, else polls; and back up when a better one works again.

import { Breaker, type CircuitState } from "./breaker.js";
import { EventReader } from "./events.js";
import { type Fetch, Refused, Silent, Unreachable, Unsupported, check, inTime } from "./http.js";
import type { Timing } from "./timing.js";

export type Mode = "streaming" | "long-polling" | "polling";
const MODES: readonly Mode[] = ["streaming", "long-polling", "polling"];
const STRIKES = 3; // after so many cut connections a way is taken for one that does not work here
const RETRY_MS = [100, 200, 400, 2_000];

/** What came is not taken. */
class Doubted extends Unreachable {}

/** Of one stream: whether anything came, and when the server wants to be asked again (0: it did not say). */
interface Heard {
  something: boolean;
  retryMs: number;
}

/** What is asked, and what happens with the answers; `position` is the version held, undefined for none. */
export interface Questions {
  position(): number | undefined;
  streamQuery(): string;
  headers(): Record<string, string>;
  /** The whole state by a plain request; throws Unreachable. */
  ask(fetch: Fetch, signal: AbortSignal): Promise<void>;
  /** A message of a stream or a long poll. Where it throws, the next connection begins with the whole state. */
  take(name: string, data: any): Promise<void> | void;
  /** The headers of a long poll that was empty. */
  still(headers: Headers): Promise<void> | void;
}

export type EventSourceClass = new (url: string) => Pick<EventSource, "addEventListener" | "close" | "onerror">;

export interface FeedOptions {
  readonly url: string;
  readonly mode: Mode;
  readonly timing: Timing;
  readonly fetch: Fetch;
  /** Where fetch cannot stream (React Native). Its address carries the key, since it cannot set headers. */
  readonly eventSource: { readonly make: EventSourceClass; readonly query: string } | undefined;
  readonly onHeard: () => void;
  readonly onTrouble: (error: Unreachable) => void;
  readonly onCircuit: (to: CircuitState) => void;
}

export class Feed {
  readonly breaker: Breaker;
  private level: number;
  private strikes = 0;
  private probes = 0;
  private probeAt = 0;
  private doubt = false;
  private round = new AbortController(); // aborted where the question is another one now
  private wake: () => void = () => {};
  private isClosed = false;

  constructor(
    private readonly questions: Questions,
    private readonly options: FeedOptions,
  ) {
    this.level = MODES.indexOf(options.mode);
    this.breaker = new Breaker(options.timing.openMs, options.onCircuit);
    void this.run();
  }

  get mode(): Mode {
    return MODES[this.level]!;
  }

  /** Asks anew at once, from the whole state: the context is another one, or the network is back. */
  restart(): void {
    this.round.abort();
    this.wake();
  }

  close(): void {
    this.isClosed = true;
    this.restart();
  }

  private async run(): Promise<void> {
    while (!this.isClosed) {
      this.round = new AbortController();
      const { signal } = this.round;
      await this.sleep(this.breaker.waits(Date.now()), signal);
      if (signal.aborted) continue;
      const wait = await this.once(signal).catch((error: unknown) => this.failed(error, signal));
      await this.sleep(wait, signal);
    }
  }

  /** Listens once by the way that is in use; comes to how long to wait before the next time. */
  private async once(signal: AbortSignal): Promise<number> {
    this.probe();
    if (this.mode === "streaming") return this.listen(signal);
    if (this.mode === "long-polling") return this.poll(signal);
    await this.questions.ask(this.options.fetch, signal);
    this.heard();
    return this.options.timing.pollMs * (0.9 + Math.random() / 5);
  }

  private probe(): void {
    const best = MODES.indexOf(this.options.mode);
    if (this.level === best || Date.now() < this.probeAt) return;
    this.level = best;
    this.strikes = STRIKES - 1; // one more, and it goes down again
  }

  private async listen(signal: AbortSignal): Promise<number> {
    const begun = Date.now();
    const heard = { something: false, retryMs: 0 };
    try {
      await (this.options.eventSource ? this.source(heard, signal) : this.stream(heard, signal));
    } catch (error) {
      const isCut = heard.something && (error as Error).constructor === Unreachable;
      if (!isCut || signal.aborted) throw error;
    }
    if (Date.now() - begun > this.options.timing.shortMs) this.strikes = this.probes = 0;
    else if (!heard.retryMs) this.strike();
    this.options.onTrouble(new Unreachable("the stream ended"));
    return heard.retryMs || RETRY_MS[this.strikes]! * (0.5 + Math.random());
  }

  private stream(heard: Heard, signal: AbortSignal): Promise<void> {
    const { fetch, url, timing } = this.options;
    const position = this.position();
    const headers = { ...this.questions.headers(), ...(position && { "Last-Event-ID": position }) };
    return inTime(signal, timing.firstMs, async (deadline) => {
      const init = { headers, signal: deadline.signal, cache: "no-store" } as const;
      const { body } = check(await fetch(`${url}/api/v1/sdk/stream${this.questions.streamQuery()}`, init));
      if (!body) throw new Unsupported("this fetch cannot stream");
      const [reader, decoder, events] = [body.getReader(), new TextDecoder(), new EventReader((name, text) => this.event(name, text, heard, signal))];
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done || signal.aborted) return;
          deadline.touch(timing.silentMs);
          heard.something = true;
          if (this.position()) this.heard();
          await events.feed(decoder.decode(value, { stream: true }));
        }
      } finally {
        reader.cancel().catch(() => {});
      }
    });
  }

  /** The same by an EventSource, which shows no heartbeats: only the first message has a deadline. */
  private source(heard: Heard, signal: AbortSignal): Promise<void> {
    const { make, query } = this.options.eventSource!;
    const path = this.questions.streamQuery();
    const source = new make(`${this.options.url}/api/v1/sdk/stream${path}${path ? "&" : "?"}${query}`);
    return inTime(signal, this.options.timing.firstMs, (deadline) => {
      return new Promise<void>((_, reject) => {
        for (const name of ["put", "delta", "bye"]) {
          source.addEventListener(name, (event) => {
            deadline.touch(2 ** 31 - 1);
            heard.something = true;
            this.event(name, (event as MessageEvent).data, heard, signal).catch(reject);
          });
        }
        source.onerror = () => reject(new Unreachable("the stream broke off"));
      });
    }).finally(() => source.close());
  }

  private event(name: string, text: string, heard: Heard, signal: AbortSignal): Promise<void> {
    return this.take(() => {
      const data = JSON.parse(text);
      if (name !== "bye") return this.questions.take(name, data);
      if (String(data.reason).startsWith("key-")) throw new Refused(`the stream ended: ${data.reason}`);
      heard.retryMs = data.retry_ms;
    }, signal);
  }

  private async poll(signal: AbortSignal): Promise<number> {
    const { fetch, url, timing } = this.options;
    const begun = Date.now();
    const query = new URLSearchParams(this.questions.streamQuery());
    const position = this.position();
    if (position) query.set("since", position);
    query.set("timeout", String(Math.ceil(timing.longPollMs / 1000)));
    await inTime(signal, timing.requestMs + (position ? timing.longPollMs : 0), async (deadline) => {
      const init = { headers: this.questions.headers(), signal: deadline.signal, cache: "no-store" } as const;
      const answer = check(await fetch(`${url}/api/v1/sdk/poll?${query}`, init));
      await this.take(async () => {
        if (answer.status === 204) return this.questions.still(answer.headers);
        const { type, ...data } = await answer.json();
        await this.questions.take(type, data);
      }, signal);
    });
    this.strikes = 0;
    return Date.now() - begun < 1_000 ? 250 : 0; // who polls is not answered faster than that
  }

  /** From which version to go on; "" asks for the whole state, since there is none, or doubt. */
  private position(): string {
    return this.doubt ? "" : String(this.questions.position() ?? "");
  }

  /** What `work` throws raises doubt. */
  private async take(work: () => Promise<void> | void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      await work();
    } catch (error) {
      this.doubt = true;
      throw error instanceof Unreachable ? error : new Doubted(String((error as Error).message));
    }
    this.doubt = false;
    if (!signal.aborted) this.heard();
  }

  private heard(): void {
    this.breaker.succeeded();
    this.options.onHeard();
  }

  private failed(error: unknown, signal: AbortSignal): number {
    if (signal.aborted) return 0;
    const { timing } = this.options;
    const trouble = error instanceof Unreachable ? error : new Unreachable(String(error));
    this.options.onTrouble(trouble);
    if (trouble instanceof Refused) return timing.refusedMs;
    if ((trouble instanceof Silent || trouble instanceof Unsupported) && this.mode !== "polling") return this.strike(STRIKES), 0;
    this.breaker.failed(Date.now());
    const retryMs = RETRY_MS[Math.min(this.breaker.failures, RETRY_MS.length) - 1]! * (0.5 + Math.random());
    return Math.max(Math.min(trouble.retryMs, timing.refusedMs), retryMs);
  }

  /** This way did not work; after a few times, or at once where nothing came through, the next one is tried. */
  private strike(weight = 1): void {
    if ((this.strikes += weight) < STRIKES || this.mode === "polling") return;
    this.level++;
    this.strikes = 0;
    this.probeAt = Date.now() + this.options.timing.probeMs * Math.min(2 ** this.probes++, 10);
  }

  private sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1));
      this.wake = () => (clearTimeout(timer), resolve());
    });
  }
}
