// RE2's patterns. Their syntax is not JavaScript's, so they need re2js, which an application may bring or leave out.

import type { CompilePattern } from "./operands.js";
import { Unreadable } from "./values.js";

/** What of re2js is used. */
export interface Re2 {
  compile(pattern: string): { matcher(text: string): { find(): boolean } };
}

export function patternsBy(re2: Re2 | undefined): CompilePattern {
  return (pattern) => {
    if (!re2) throw new Unreadable("patterns need the package re2js, which is not installed");
    const compiled = compiledBy(re2, pattern);
    return (text) => compiled.matcher(text).find();
  };
}

function compiledBy(re2: Re2, pattern: string): ReturnType<Re2["compile"]> {
  try {
    return re2.compile(pattern);
  } catch (error) {
    throw new Unreadable(`RE2 cannot compile the pattern: ${(error as Error).message}`);
  }
}
