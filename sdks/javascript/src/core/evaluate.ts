// The decision itself: a ruleset, a context and a moment in, an answer out.

import { bucketingKey, hash } from "./bucketing.js";
import type { Context } from "./context.js";
import { type Answer, type Flag, type Outcome, type Ruleset, Scope, type Split } from "./model.js";

/**
 * What this context gets for one flag; never throws for any context. `now`: epoch milliseconds. With `client`, a flag that is
 * not client_visible is FLAG_NOT_FOUND, exactly as an unknown one; as somebody's prerequisite it still counts.
 */
export function evaluate(ruleset: Ruleset, key: string, context: Context, now: number, client = false): Answer {
  const flag = ruleset.flags.get(key);
  if (!flag || (client && !flag.clientVisible)) return notFound(key);
  return flag.settled ?? decide(flag, new Scope(ruleset, context, now, client));
}

/** What this context gets for every flag (with `client`, for every client_visible one), sorted by the flags' keys. */
export function evaluateAll(ruleset: Ruleset, context: Context, now: number, client = false): Answer[] {
  const scope = new Scope(ruleset, context, now, client);
  const answers: Answer[] = [];
  for (const flag of ruleset.flags.values()) {
    if (!client || flag.clientVisible) answers.push(flag.settled ?? decide(flag, scope));
  }
  return answers;
}

/** Prerequisites, then targets, then rules from top to bottom, then the fallthrough; not for a settled flag. */
function decide(flag: Flag, scope: Scope): Answer {
  if (flag.prerequisites && !flag.prerequisites.holds(scope)) {
    return flag.unmet.get(toName(flag.prerequisites.blamed(scope), scope))!;
  }
  const targeted = scope.key === undefined ? undefined : flag.targets.get(scope.key);
  if (targeted) return targeted;
  for (const { condition, outcome } of flag.rules) {
    const answer = condition === null || condition.holds(scope) ? drawn(outcome, scope) : null;
    if (answer !== null) return answer;
  }
  return drawn(flag.fallthrough, scope)!; // a fallthrough with a null range is not readable
}

/** Whether a prerequisite is met: the flag is enabled and serves this asker one of the variants. */
export function serves(key: string, variants: ReadonlySet<string>, scope: Scope): boolean {
  const flag = scope.ruleset.flags.get(key);
  if (!flag?.enabled) return false;
  let answer = flag.settled ?? scope.answers.get(key);
  if (!answer) scope.answers.set(key, (answer = decide(flag, scope)));
  return variants.has(answer.variant);
}

/** The outcome itself, or the answer of the range that the asker's hash falls into; null goes on to the next rule. */
function drawn(outcome: Outcome, scope: Scope): Answer | null {
  if (!("ends" in outcome)) return outcome;
  const key = outcome.read === null ? scope.key : bucketingKey(outcome.read(scope.attributes));
  return key === undefined ? outcome.keyless : outcome.answers[rangeOf(hash(outcome.prefix + key), outcome)]!;
}

function rangeOf(hash: number, { ends }: Split): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hash < ends[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A client key is not told the key of a flag that it may not see. */
function toName(key: string | undefined, scope: Scope): string | undefined {
  return key === undefined || !scope.client || scope.ruleset.flags.get(key)?.clientVisible ? key : undefined;
}

function notFound(key: string): Answer {
  const errorDetails = "there is no such flag here, or this key may not see it";
  return { key, value: undefined, variant: "", errorCode: "FLAG_NOT_FOUND", errorDetails, version: 0, metadata: {} };
}
