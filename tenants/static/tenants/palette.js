/* The palette: Ctrl-K or / finds anything by name. A combobox: the input keeps the focus, arrows choose, Enter goes. */

const WAIT = 60; // milliseconds between two letters of somebody who types
const palette = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
const said = document.getElementById("palette-said");
let waiting = 0;
let asking = new AbortController();
let isAsked = false; // what stands in the list is not the answer to what stands in the input
let goesAtOnce = false; // Enter was faster than the answer

function open() {
  if (palette.open) return;
  palette.showModal();
  input.select();
  ask();
}

function ask() {
  isAsked = true;
  asking.abort(); // an answer to fewer letters must not be taken for this one's
  asking = new AbortController();
  clearTimeout(waiting);
  waiting = setTimeout(fetchAnswer, WAIT, asking.signal);
}

async function fetchAnswer(signal) {
  const address = `${input.form.action}?${new URLSearchParams(new FormData(input.form))}`;
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal });
    // Signed out, or out of sight: the page says what is the matter.
    if (!answer.ok || answer.redirected) location.assign(address);
    else show(await answer.text());
  } catch {
    if (!signal.aborted) said.textContent = "The server did not answer.";
  }
}

function show(answer) {
  list.innerHTML = answer;
  answered();
}

function options() {
  return [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
}

function chosen() {
  return list.querySelector("[aria-selected=true]");
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function go(option, elsewhere) {
  if (elsewhere && option.href) window.open(option.href, "_blank");
  else option.click();
}

function move(step) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
}

function answered() {
  isAsked = false;
  const all = options();
  choose(all[0]);
  list.scrollTop = 0;
  said.textContent = all.length === 1 ? "1 found" : `${all.length || "Nothing"} found`;
  if (goesAtOnce && all.length) go(all[0]);
  goesAtOnce = false;
}

function pressed(event) {
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter") {
    if (isAsked) goesAtOnce = true;
    else if (chosen()) go(chosen(), event.ctrlKey || event.metaKey);
  } else return;
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  const isK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
  const isTaken = isSlash && (event.defaultPrevented || event.target.closest("input, textarea, select, [contenteditable]"));
  if ((!isK && !isSlash) || isTaken || (document.querySelector("dialog:modal") && !palette.open)) return;
  event.preventDefault();
  open();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
palette.addEventListener("click", (event) => {
  if (event.target === palette) palette.close();
});
input.addEventListener("input", ask);
input.addEventListener("keydown", pressed);
list.addEventListener("mousemove", (event) => {
  const option = event.target.closest("[role=option]:not([aria-disabled])");
  if (option && option !== chosen()) choose(option);
});
if (/Mac|iP/.test(navigator.platform)) for (const key of document.querySelectorAll(".jump kbd")) key.dataset.keys = "⌘ K";
