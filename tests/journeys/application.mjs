// An application with the SDK: says in lines of JSON what it sees, and does what it is told in lines on its standard input.

import { Client } from "@flagforge/sdk";
import { LocalClient } from "@flagforge/sdk/local";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { kind, file, ...options } = JSON.parse(process.argv[2]);
const context = { targetingKey: "user-42", country: "IN" };
const store = file && {
  load: () => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return undefined;
    }
  },
  save: (text) => writeFileSync(file, text),
};
const flags = kind === "local" ? new LocalClient({ ...options, store }) : new Client({ ...options, context });
const asker = (given = context) => (kind === "local" ? [given] : []);

function say(event) {
  const { value, reason, errorCode } = flags.details("new-checkout", null, ...asker());
  const { status, mode, version } = flags;
  console.log(JSON.stringify({ event, value, reason: errorCode ?? reason, status, mode, version, error: flags.error?.message, strangers: flags.refused?.strangers }));
}

const DEEDS = {
  say: () => say("said"),
  all: (given) => console.log(JSON.stringify({ event: "all", flags: flags.allFlags(...asker(given)) })),
  evaluate: (times) => {
    let slowest = 0;
    for (let i = 0; i < times; i++) {
      const begun = performance.now();
      flags.isEnabled("new-checkout", false, ...asker());
      slowest = Math.max(slowest, performance.now() - begun);
    }
    console.log(JSON.stringify({ event: "evaluated", slowest, cache: flags.cacheStats() }));
  },
  close: async () => {
    await flags.close();
    process.exit(0);
  },
};

flags.onChange(() => say("change"));
flags.onStatus(() => say("status"));
createInterface({ input: process.stdin }).on("line", (line) => {
  const { deed, given } = JSON.parse(line);
  void DEEDS[deed](given);
});
await flags.ready(20_000);
say("ready");
