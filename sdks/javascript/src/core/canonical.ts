// The one way to write a document as text: the JSON Canonicalization Scheme, RFC 8785.

/** The texts of documents that are known not to change. */
export type Written = WeakMap<object, string>;

/** The canonical text of a JSON document, as parsed. Numbers and strings ECMAScript itself writes as the RFC says. */
export function canonical(value: unknown, written?: Written): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const known = written?.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) return `[${value.map((element) => canonical(element, written)).join(",")}]`;
  const members = value as Record<string, unknown>;
  const names = Object.keys(members).sort(); // by UTF-16 code units, as the RFC wants
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(members[name], written)}`).join(",")}}`;
}

/** The manifest's canonical text; its flags' and segments' texts are kept, so that the next version writes what changed. */
export function canonicalManifest(manifest: object, written: Written): string {
  const parts = manifest as Record<string, unknown>;
  for (const name of ["flags", "segments"]) {
    const part = parts[name];
    if (typeof part !== "object" || part === null) continue;
    for (const each of Object.values(part)) {
      if (typeof each === "object" && each !== null && !written.has(each)) written.set(each, canonical(each));
    }
  }
  return canonical(manifest, written);
}
