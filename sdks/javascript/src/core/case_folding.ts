// Texts without their case, by one Unicode version whatever the engine has.

import { LONGER, RUNS } from "./case_folding_table.js";

const ASCII = /^[\x00-\x7f]*$/;
let table: Map<string, string> | undefined;

/** Unicode's full case folding, letter by letter. */
export function casefold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  table ??= read();
  let folded = "";
  for (const letter of text) folded += table.get(letter) ?? letter;
  return folded;
}

function read(): Map<string, string> {
  const found = new Map<string, string>();
  const numbers = RUNS.split(",").map((digits) => parseInt(digits, 36));
  for (let at = 0; at < numbers.length; at += 4) {
    const [first, count, step, difference] = numbers.slice(at, at + 4) as [number, number, number, number];
    for (let i = 0; i < count; i++) {
      const code = first + i * step;
      found.set(String.fromCodePoint(code), String.fromCodePoint(code + difference));
    }
  }
  for (const pair of LONGER.split(",")) {
    const letter = String.fromCodePoint(pair.codePointAt(0)!);
    found.set(letter, pair.slice(letter.length));
  }
  return found;
}
