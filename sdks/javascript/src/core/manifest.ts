// From a manifest to a ruleset, all at once or not at all; one flag that cannot be read leaves its neighbours alone.

import { Links } from "./links.js";
import type { Flag, Ruleset, Segment } from "./model.js";
import type { Tools } from "./operators.js";
import { readFlag, unreadable } from "./read_flag.js";
import { readSegment } from "./read_segment.js";
import { type Document, has, isObject, quoted } from "./values.js";

export const FORMAT = 1;

/** A document that is no manifest, or one of a format that this reader does not know. */
export class InvalidManifest extends Error {}

/** The ruleset; what `before` holds of the same document objects is taken over. Throws InvalidManifest. */
export function readManifest(document: unknown, tools: Tools, before?: Ruleset): Ruleset {
  const { environment, version, flags, segments } = checked(document);
  const readFlags = readAll(flags, before?.flags, (key, each) => readFlag(key, each, tools));
  const readSegments = readAll(segments, before?.segments, (key, each) => readSegment(key, each, tools));
  const links = new Links(readFlags, readSegments);
  const sound = new Map<string, Flag>();
  const faults = new Map<string, string>();
  for (const [key, flag] of readFlags) {
    const fault = flag.fault ?? links.faults.get(key);
    if (fault) faults.set(key, fault);
    sound.set(key, fault && !flag.fault ? unreadable(flag, fault) : flag);
  }
  const usable = new Map([...readSegments].filter(([key]) => !links.segmentFaults.has(key)));
  return { environment, version, flags: sound, segments: usable, unreadable: faults };
}

/** By their keys in order. One that a fault was found in is read anew: the fault may have been in what it refers to. */
function readAll<Definition extends Flag | Segment>(
  documents: Document,
  held: ReadonlyMap<string, Definition> | undefined,
  read: (key: string, document: unknown) => Definition,
): Map<string, Definition> {
  const found = new Map<string, Definition>();
  for (const key of Object.keys(documents).sort()) {
    const known = held?.get(key);
    const isSame = known !== undefined && known.source === documents[key] && !known.fault;
    found.set(key, isSame ? known : read(key, documents[key]));
  }
  return found;
}

function checked(document: unknown): { environment: string; version: number; flags: Document; segments: Document } {
  if (!isObject(document)) throw new InvalidManifest(`${quoted(document)} is no manifest`);
  const { format, environment, version, flags } = document;
  const segments = has(document, "segments") ? document["segments"] : {};
  if (format !== FORMAT) throw new InvalidManifest(`the format ${quoted(format)} is not known here, only ${FORMAT}`);
  if (typeof environment !== "string") throw new InvalidManifest(`environment is ${quoted(environment)}, not a string`);
  if (!Number.isInteger(version)) throw new InvalidManifest(`version is ${quoted(version)}, not an integer`);
  if (!isObject(flags) || !isObject(segments)) throw new InvalidManifest("flags and segments are objects");
  return { environment, version: version as number, flags, segments };
}
