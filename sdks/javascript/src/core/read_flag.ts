// One flag of a manifest as frozen data.

import { Answers, unreadableAnswer, versionOf } from "./answers.js";
import type { Answer, Condition, Flag, Metadata, Reason, Rule } from "./model.js";
import type { Tools } from "./operators.js";
import { Outcomes } from "./outcomes.js";
import { Conditions, claim } from "./read_conditions.js";
import { keysOf } from "./read_segment.js";
import { flagsAsked } from "./references.js";
import { type Document, Unreadable, has, isObject, quoted } from "./values.js";

const BUCKETING = 1;
const NOTHING = { rules: [], targets: new Map<string, Answer>(), unmet: new Map<string | undefined, Answer>() };

/** The flag, from its document alone; one that cannot be understood here has a fault. Missing members mean the defaults. */
export function readFlag(key: string, document: unknown, tools: Tools): Flag {
  try {
    if (!isObject(document)) throw new Unreadable(`${quoted(document)} is not a flag`);
    return new Reading(key, document, tools).flag();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return unreadableFrom(key, document, error.message);
  }
}

/** The same flag, now with a fault: it always answers PARSE_ERROR. */
export function unreadable(flag: Flag, why: string): Flag {
  const answer = unreadableAnswer(flag.key, flag.version, why);
  return { ...flag, enabled: false, settled: answer, fault: why };
}

function unreadableFrom(key: string, document: unknown, why: string): Flag {
  const known = isObject(document) ? document : {};
  const answer = unreadableAnswer(key, versionOf(known), why);
  return {
    ...NOTHING,
    key,
    source: document,
    version: answer.version,
    clientVisible: known["client_visible"] === true,
    enabled: false,
    settled: answer,
    fallthrough: answer,
    references: { flags: new Set(flagsAsked(known["prerequisites"])), segments: new Map() },
    fault: why,
  };
}

class Reading {
  private readonly conditions: Conditions;
  private readonly answers: Answers;
  private readonly outcomes: Outcomes;

  constructor(
    private readonly key: string,
    private readonly document: Document,
    tools: Tools,
  ) {
    this.conditions = new Conditions(tools);
    this.answers = new Answers(key, document);
    this.outcomes = new Outcomes(this.answers, document["salt"]);
  }

  /** A disabled flag serves its off result whatever its rules say: a kill reaches old readers too. */
  flag(): Flag {
    const off = this.off("STATIC", { enabled: false });
    if (claim(this.document, "enabled")) return this.deciding();
    return this.made(off.variant ? off : this.answers.nothing("DISABLED"));
  }

  private deciding(): Flag {
    const bucketing = has(this.document, "bucketing") ? this.document["bucketing"] : BUCKETING;
    if (bucketing !== BUCKETING) throw new Unreadable(`the bucketing version ${quoted(bucketing)} is not known here`);
    const written = this.list("rules");
    const [prerequisites, targets] = [this.prerequisites(), this.targets()];
    const rules = written.map((rule) => this.rule(rule)).filter((rule) => rule !== null) as Rule[];
    const fallthrough = this.outcomes.ofFallthrough(this.document["fallthrough"], written.length ? "DEFAULT" : "STATIC");
    if (!("ends" in fallthrough) && !prerequisites && !targets.size && !rules.length) return this.made(fallthrough);
    const unmet = this.unmet();
    return { ...this.made(fallthrough), settled: undefined, rules, targets, unmet, prerequisites } as Flag;
  }

  /** Settled, if the fallthrough is one answer. */
  private made(fallthrough: Flag["fallthrough"]): Flag {
    return {
      ...NOTHING,
      key: this.key,
      source: this.document,
      version: this.answers.version,
      clientVisible: claim(this.document, "client_visible"),
      enabled: claim(this.document, "enabled"),
      settled: fallthrough as Answer,
      fallthrough,
      references: this.conditions.references(new Set(flagsAsked(this.document["prerequisites"]))),
    };
  }

  private off(reason: Reason, marks: Metadata): Answer {
    const variant = this.document["off"];
    const isMissing = variant === undefined || variant === null;
    return isMissing ? this.answers.nothing(reason, marks) : this.answers.serving(variant, reason, marks);
  }

  private prerequisites(): Condition | undefined {
    const node = this.document["prerequisites"] ?? undefined;
    return node === undefined ? undefined : this.conditions.read(node, false, true);
  }

  private unmet(): Map<string | undefined, Answer> {
    const found = new Map<string | undefined, Answer>([[undefined, this.off("DEFAULT", {})]]);
    for (const flag of flagsAsked(this.document["prerequisites"])) found.set(flag, this.off("DEFAULT", { prerequisite: flag }));
    return found;
  }

  private targets(): Map<string, Answer> {
    const found = new Map<string, Answer>();
    for (const target of this.list("targets")) {
      if (!isObject(target)) throw new Unreadable(`${quoted(target)} is not a target`);
      const answer = this.answers.serving(target["variant"], "TARGETING_MATCH");
      for (const key of keysOf(target["values"])) if (!found.has(key)) found.set(key, answer);
    }
    return found;
  }

  private rule(rule: unknown): Rule | null {
    if (!isObject(rule) || typeof rule["id"] !== "string") throw new Unreadable(`${quoted(rule)} is not a rule with an id`);
    const id = (this.conditions.rule = rule["id"]);
    try {
      const condition = has(rule, "if") ? this.conditions.read(rule["if"]) : null;
      const outcome = this.outcomes.ofRule(id, rule["serve"]);
      return outcome && { condition, outcome };
    } catch (error) {
      throw error instanceof Unreadable ? new Unreadable(`rule ${id}: ${error.message}`) : error;
    }
  }

  private list(name: string): readonly unknown[] {
    const value = has(this.document, name) ? this.document[name] : [];
    if (!Array.isArray(value)) throw new Unreadable(`${name} is not a list`);
    return value;
  }
}
