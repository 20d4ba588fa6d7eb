// One question and its answer, with an end to every wait.

/** Nobody answers, or the answer broke off. `retryMs`: when the server wants to be asked again. */
export class Unreachable extends Error {
  constructor(
    message: string,
    readonly retryMs = 0,
  ) {
    super(message);
  }
}

/** Nothing came in time on a connection that is open: something between holds it back. */
export class Silent extends Unreachable {}

/** The server does not take this API key. */
export class Refused extends Unreachable {}

/** This way of asking is not for this address: something between does not know it. */
export class Unsupported extends Unreachable {}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Aborts when the time since the last `touch` is over, or with its parent. */
export class Deadline {
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly abort = () => this.controller.abort();
  isOver = false;

  constructor(
    private readonly parent: AbortSignal,
    ms: number,
  ) {
    this.signal = this.controller.signal;
    parent.addEventListener("abort", this.abort);
    if (parent.aborted) this.abort();
    this.touch(ms);
  }

  touch(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isOver = true;
      this.abort();
    }, ms);
  }

  end(): void {
    clearTimeout(this.timer);
    this.parent.removeEventListener("abort", this.abort);
  }
}

/** What `work` comes to, if it does in time; else throws Silent, and Unreachable for all that breaks. */
export async function inTime<T>(parent: AbortSignal, ms: number, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  const deadline = new Deadline(parent, ms);
  try {
    // A fetch that takes no signal would hold us longer than that.
    const over = new Promise<never>((_, reject) => deadline.signal.addEventListener("abort", () => reject(new Error("aborted"))));
    return await Promise.race([work(deadline), over]);
  } catch (error) {
    if (deadline.isOver) throw new Silent("nothing came in time");
    throw error instanceof Unreachable ? error : new Unreachable(String((error as Error)?.message ?? error));
  } finally {
    deadline.end();
  }
}

/** Throws unless the answer is good; 204 and 304 are. */
export function check(answer: Response): Response {
  const { status } = answer;
  if (answer.ok || status === 304) return answer;
  const said = `the server answers ${status}`;
  if (status === 401 || status === 403) throw new Refused(said);
  if (status === 429 || status >= 500) throw new Unreachable(said, Number(answer.headers.get("Retry-After")) * 1000 || 0);
  throw new Unsupported(said);
}
