// The kinds of conditions, each a small object.

import type { Reader } from "./context.js";
import { serves } from "./evaluate.js";
import { instant } from "./instants.js";
import type { Judge, TimedJudge } from "./judges.js";
import type { Condition, Scope } from "./model.js";

abstract class Plain implements Condition {
  abstract holds(scope: Scope): boolean;
  blamed(_scope: Scope): string | undefined {
    return undefined;
  }
}

/** An attribute is judged. What cannot be judged is neither what is wanted nor its opposite: false, negated or not. */
export class Judged extends Plain {
  constructor(
    private readonly read: Reader,
    private readonly judge: Judge,
    private readonly wanted: boolean,
  ) {
    super();
  }

  holds(scope: Scope): boolean {
    const value = this.read(scope.attributes);
    let verdict = this.judge(value);
    if (verdict === undefined && Array.isArray(value)) verdict = value.some((element) => this.judge(element) === true);
    return verdict === this.wanted;
  }
}

/** An attribute that names a moment is compared. */
export class Timed extends Plain {
  constructor(
    private readonly read: Reader,
    private readonly judge: TimedJudge,
    private readonly wanted: boolean,
  ) {
    super();
  }

  holds(scope: Scope): boolean {
    const value = this.read(scope.attributes);
    if (Array.isArray(value)) {
      const moments = value.map(instant).filter((moment) => moment !== undefined);
      return moments.some((moment) => this.judge(moment!, scope.instant())) === this.wanted;
    }
    const moment = instant(value);
    return moment !== undefined && this.judge(moment, scope.instant()) === this.wanted;
  }
}

/** The clock itself is compared. */
export class Clocked extends Plain {
  constructor(
    private readonly judge: TimedJudge,
    private readonly wanted: boolean,
  ) {
    super();
  }

  holds(scope: Scope): boolean {
    return this.judge(scope.instant(), scope.instant()) === this.wanted;
  }
}

export class InSegment extends Plain {
  constructor(
    private readonly key: string,
    private readonly wanted: boolean,
  ) {
    super();
  }

  holds(scope: Scope): boolean {
    let known = scope.segments.get(this.key);
    if (known === undefined) scope.segments.set(this.key, (known = belongs(this.key, scope)));
    return known === this.wanted;
  }
}

function belongs(key: string, scope: Scope): boolean {
  const segment = scope.ruleset.segments.get(key)!; // a flag whose segment is missing is PARSE_ERROR
  if (scope.key !== undefined && segment.excluded.has(scope.key)) return false;
  return (scope.key !== undefined && segment.included.has(scope.key)) || segment.rules.some((rule) => rule.holds(scope));
}

/** Another flag is enabled and serves this asker one of the variants. */
export class Serves extends Plain {
  constructor(
    private readonly flag: string,
    private readonly variants: ReadonlySet<string>,
    private readonly wanted: boolean,
  ) {
    super();
  }

  holds(scope: Scope): boolean {
    return serves(this.flag, this.variants, scope) === this.wanted;
  }

  override blamed(): string {
    return this.flag;
  }
}

export class Group implements Condition {
  constructor(
    private readonly parts: readonly Condition[],
    private readonly every: boolean,
  ) {}

  holds(scope: Scope): boolean {
    for (const part of this.parts) if (part.holds(scope) !== this.every) return !this.every;
    return this.every;
  }

  blamed(scope: Scope): string | undefined {
    for (const part of this.parts) {
      const flag = part.holds(scope) ? undefined : part.blamed(scope);
      if (flag !== undefined) return flag;
    }
    return undefined;
  }
}
