/* The list of flags by keys alone: j and k move, e opens, t switches in the chosen environment, x selects. */
"use strict";

const CHOSEN = "flagforge:list-environment";
let cursorKey = "";

function rows() {
  return [...document.querySelectorAll("tr[data-flag]")];
}

function cursorRow() {
  return rows().find((row) => row.dataset.flag === cursorKey);
}

function markCursor() {
  for (const row of rows()) row.toggleAttribute("data-cursor", row.dataset.flag === cursorKey);
}

function move(by) {
  const all = rows();
  const at = all.indexOf(cursorRow());
  const row = all[at === -1 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
  if (!row) return;
  cursorKey = row.dataset.flag;
  markCursor();
  row.querySelector(".flag-name").focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function environments() {
  return [...document.querySelectorAll("th[data-column]")].map((head) => head.dataset.column);
}

// The one that was chosen last, if it is here; the first one otherwise, which is the least dangerous.
function chosenEnvironment() {
  const all = environments();
  const kept = localStorage.getItem(CHOSEN);
  return all.includes(kept) ? kept : all[0];
}

function choose(place) {
  const key = environments()[place];
  if (key) localStorage.setItem(CHOSEN, key);
  markColumn();
}

function markColumn() {
  const chosen = chosenEnvironment();
  for (const head of document.querySelectorAll("th[data-column]")) {
    head.toggleAttribute("data-chosen", head.dataset.column === chosen);
  }
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  e: () => cursorRow()?.querySelector(".flag-name").click(),
  t: () => cursorRow()?.querySelector(`[data-switch="${chosenEnvironment()}"]`)?.click(),
  x: () => cursorRow()?.querySelector("input[name=flag]")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) && event.target.type !== "checkbox") return;
  if (document.querySelector("dialog[open]")) return;
  const act = /^[1-9]$/.test(event.key) ? () => choose(Number(event.key) - 1) : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("tr[data-flag]");
  if (!row) return;
  cursorKey = row.dataset.flag;
  markCursor();
});

for (const name of ["htmx:afterSettle", "flagforge:shown"]) {
  document.addEventListener(name, () => {
    markCursor();
    markColumn();
  });
}
markColumn();
