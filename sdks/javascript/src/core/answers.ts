// All the answers that one flag can give, each made once.

import type { Answer, ErrorCode, Metadata, Reason } from "./model.js";
import { type Document, Unreadable, has, isObject, quoted } from "./values.js";

/** Whether the value is one of this type. */
const TYPES: ReadonlyMap<unknown, (value: unknown) => boolean> = new Map<string, (value: unknown) => boolean>([
  ["boolean", (value) => typeof value === "boolean"],
  ["string", (value) => typeof value === "string"],
  ["integer", Number.isSafeInteger],
  ["double", Number.isFinite],
  ["json", (value) => typeof value === "object" && value !== null],
]);

/** Makes the answers of one flag; throws Unreadable for a type or variants that it does not understand. */
export class Answers {
  readonly version: number;
  private readonly values: Document;
  private readonly metadata: Metadata;
  private readonly made = new Map<string, Answer>();

  constructor(
    readonly key: string,
    document: Document,
  ) {
    this.version = versionOf(document);
    this.values = valuesOf(document);
    this.metadata = metadataOf(document);
  }

  /** The answer with a variant's value; `marks` go into the metadata. */
  serving(variant: unknown, reason: Reason, marks: Metadata = {}): Answer {
    if (typeof variant !== "string" || !has(this.values, variant)) throw new Unreadable(`the flag has no variant ${quoted(variant)}`);
    return this.answer({ value: this.values[variant], variant, reason }, marks);
  }

  /** The answer that leaves the application its own default. */
  nothing(reason: Reason, marks: Metadata = {}): Answer {
    return this.answer({ value: undefined, variant: "", reason }, marks);
  }

  error(errorCode: ErrorCode, errorDetails: string): Answer {
    return this.answer({ value: undefined, variant: "", errorCode, errorDetails }, {});
  }

  private answer(said: Pick<Answer, "value" | "variant" | "reason" | "errorCode" | "errorDetails">, marks: Metadata): Answer {
    const identity = JSON.stringify([said.variant, said.reason, said.errorDetails, marks]);
    let answer = this.made.get(identity);
    if (!answer) {
      answer = Object.freeze({ key: this.key, ...said, version: this.version, metadata: { ...this.metadata, ...marks } });
      this.made.set(identity, answer);
    }
    return answer;
  }
}

/** PARSE_ERROR for a flag of which nothing else can be taken for granted. */
export function unreadableAnswer(key: string, version: number, errorDetails: string): Answer {
  return Object.freeze({ key, value: undefined, variant: "", errorCode: "PARSE_ERROR", errorDetails, version, metadata: {} });
}

/** The document's version; 0 where it has none. */
export function versionOf(document: Document): number {
  const { version } = document;
  return Number.isInteger(version) ? (version as number) : 0;
}

function valuesOf({ type, variants }: Document): Document {
  const isValue = TYPES.get(type);
  if (!isValue) throw new Unreadable(`the type ${quoted(type)} is not known here`);
  if (!isObject(variants)) throw new Unreadable("the flag has no variants");
  for (const value of Object.values(variants)) {
    if (!isValue(value)) throw new Unreadable(`variants: ${quoted(value)} is no ${type}`);
  }
  return variants;
}

function metadataOf(document: Document): Metadata {
  const metadata = has(document, "metadata") ? document["metadata"] : {};
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value === "object")) {
    throw new Unreadable("metadata is not a flat object of booleans, strings and numbers");
  }
  return metadata as Metadata;
}
