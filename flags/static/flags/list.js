/* The list of flags: switches that move at once and say when they did not hold, and rows that follow what others do. */
"use strict";

const MOST_AT_ONCE = 20;
const keysToRefresh = new Set();
let isRefreshing = false;

function rowOf(key) {
  return document.querySelector(`tr[data-flag="${CSS.escape(key)}"]`);
}

// The switch that a request is about: the one that was pressed, or the one that a dialog asked about.
function switchOf(element) {
  const form = element.closest("[data-confirms]");
  if (form) return rowOf(form.dataset.confirmsFlag)?.querySelector(`[data-switch="${form.dataset.confirms}"]`);
  return element.closest("[data-switch]:not([data-asks])");
}

function say(control, state, word, line) {
  control.dataset.state = state;
  control.querySelector(".switch-word").textContent = word;
  control.nextElementSibling.textContent = line;
}

function isOn(control) {
  return control.getAttribute("aria-checked") === "true";
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const control = switchOf(event.target);
  if (event.target.dataset.goesOn === undefined) event.target.closest("dialog")?.close();
  if (!control) return;
  if (control.dataset.state === "pending") {
    event.preventDefault();
    return;
  }
  control.dataset.was = control.getAttribute("aria-checked");
  control.setAttribute("aria-checked", String(!isOn(control)));
  say(control, "pending", "Saving…", isOn(control) ? "turning on" : "turning off");
});

document.addEventListener("htmx:afterRequest", (event) => {
  const undo = event.target.closest("[data-undo]");
  if (undo) {
    refresh([undo.dataset.undo]);
    undo.closest("[data-toast]").remove();
  }
  const control = switchOf(event.target);
  if (!control || event.detail.successful) return;
  control.setAttribute("aria-checked", control.dataset.was);
  say(control, "failed", "Not saved", `still ${isOn(control) ? "on" : "off"}, press again`);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "asking") event.target.querySelector("dialog")?.showModal();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});

// What others do

document.addEventListener("flagforge:changed", ({ detail }) => {
  const shown = [...document.querySelectorAll("tr[data-flag]")].map((row) => row.dataset.flag);
  refresh(detail.whole ? shown : shown.filter((key) => detail.flags.includes(key) || detail.removed.includes(key)));
});

async function refresh(keys) {
  for (const key of keys) keysToRefresh.add(key);
  if (isRefreshing) return;
  isRefreshing = true;
  while (keysToRefresh.size > 0) {
    const some = [...keysToRefresh].slice(0, MOST_AT_ONCE);
    for (const key of some) keysToRefresh.delete(key);
    await showAgain(some);
  }
  isRefreshing = false;
}

async function showAgain(keys) {
  const answer = await fetch(`${location.pathname}?keys=${encodeURIComponent(keys.join(","))}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const found = document.createElement("template");
  found.innerHTML = await answer.text();
  for (const key of keys) place(rowOf(key), found.content.querySelector(`tr[data-flag="${CSS.escape(key)}"]`));
}

// A row that is being saved gets the newest with the answer; one that is the same stays, so that nothing moves.
function place(row, fresh) {
  if (!row || row.querySelector("[data-state=pending]") || row.dataset.stamp === fresh?.dataset.stamp) return;
  if (!fresh) {
    row.dataset.gone = "";
    row.querySelector(".second-line").textContent = "deleted meanwhile";
    return;
  }
  const focused = row.contains(document.activeElement) ? document.activeElement.id : "";
  fresh.dataset.fresh = "";
  row.replaceWith(fresh);
  htmx.process(fresh);
  document.dispatchEvent(new Event("flagforge:shown"));
  if (focused) document.getElementById(focused)?.focus();
}
