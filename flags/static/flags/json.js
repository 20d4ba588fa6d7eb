/* Fields that hold JSON: where it stops to be some, laid out by a button, and as a tree to look at. */
"use strict";

function element(tag, named, ...children) {
  const made = Object.assign(document.createElement(tag), named);
  made.append(...children);
  return made;
}

// Browsers say in words of their own what is wrong, and some not where. So a text that is no JSON is read once more here,
// token by token, until one comes that may not stand there.
const TOKEN = /(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
const BLANKS = /[ \t\n\r]*/y;
const EXPECTED = {
  value: "a value",
  "first value": "a value or ]",
  "first name": "a name in quotes, or }",
  name: "a name in quotes",
  colon: "a colon",
  end: "nothing more",
};

// What may come after a token; undefined where it may not come at all. `open` holds the brackets that are open.
function after(wanted, mark, text, open) {
  const closes = { "}": "{", "]": "[" }[mark];
  const mayClose = wanted === "next" || (wanted === "first name" && mark === "}") || (wanted === "first value" && mark === "]");
  if (closes) {
    if (!mayClose || open.at(-1) !== closes) return undefined;
    open.pop();
    return open.length ? "next" : "end";
  }
  if (wanted === "next") return mark === "," ? (open.at(-1) === "{" ? "name" : "value") : undefined;
  if (wanted === "colon") return mark === ":" ? "value" : undefined;
  if (wanted.endsWith("name")) return text ? "colon" : undefined;
  if (!wanted.endsWith("value") || mark === "," || mark === ":") return undefined;
  if (!mark) return open.length ? "next" : "end";
  open.push(mark);
  return mark === "{" ? "first name" : "first value";
}

function faultIn(text) {
  const open = [];
  let at = 0;
  let wanted = "value";
  for (;;) {
    BLANKS.lastIndex = at;
    at += BLANKS.exec(text)[0].length;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    const next = token && after(wanted, token[1], token[2], open);
    if (!next) break;
    wanted = next;
    at = TOKEN.lastIndex;
  }
  const lines = text.slice(0, at).split("\n");
  const expected = EXPECTED[wanted] ?? (open.at(-1) === "{" ? "a comma or }" : "a comma or ]");
  return `Line ${lines.length}, column ${lines.at(-1).length + 1}: ${expected} is expected here.`;
}

function branch(name, value) {
  const label = element("span", { className: "json-name", textContent: name });
  if (value === null || typeof value !== "object") {
    const leaf = element("span", { className: `json-${value === null ? "null" : typeof value}`, textContent: JSON.stringify(value) });
    return element("li", {}, label, " ", leaf);
  }
  const members = Object.entries(value);
  const count = `${Array.isArray(value) ? "list" : "object"} of ${members.length}`;
  const list = element("ul", {}, ...members.map(([key, each]) => branch(key, each)));
  const summary = element("summary", {}, label, " ", element("span", { className: "muted", textContent: count }));
  return element("li", {}, element("details", { open: true }, summary, list));
}

function check(field, parts) {
  const text = field.value.trim();
  let value;
  try {
    value = text ? JSON.parse(text) : undefined;
    parts.fault.hidden = true;
    field.removeAttribute("aria-invalid");
  } catch {
    parts.fault.textContent = faultIn(field.value);
    parts.fault.hidden = false;
    field.setAttribute("aria-invalid", "true");
  }
  const isTree = value !== null && typeof value === "object";
  parts.format.disabled = value === undefined;
  parts.tree.hidden = !isTree;
  if (isTree && parts.tree.open) parts.drawn.replaceChildren(...Object.entries(value).map(([key, each]) => branch(key, each)));
}

let made = 0;
function dress(field) {
  const drawn = element("ul", { className: "json-tree" });
  const parts = {
    fault: element("p", { className: "error", hidden: true, id: `json-fault-${(made += 1)}` }),
    format: element("button", { className: "button button-quiet button-s", type: "button", textContent: "Format" }),
    tree: element("details", {}, element("summary", { className: "small muted", textContent: "As a tree" }), drawn),
    drawn,
  };
  parts.fault.setAttribute("role", "status");
  field.setAttribute("aria-describedby", parts.fault.id);
  field.dataset.dressed = "";
  const below = element("div", { className: "json-tools" }, parts.format, parts.fault, parts.tree);
  const box = element("div", { className: "json-field" });
  field.before(box);
  box.append(field, below);
  parts.format.addEventListener("click", () => {
    field.value = JSON.stringify(JSON.parse(field.value), null, 2);
    check(field, parts);
  });
  parts.tree.addEventListener("toggle", () => check(field, parts));
  field.addEventListener("input", () => check(field, parts));
  check(field, parts);
}

function dressAll() {
  for (const field of document.querySelectorAll("textarea[data-json]:not([data-dressed])")) dress(field);
}
dressAll();
document.addEventListener("flagforge:variant-added", dressAll);
