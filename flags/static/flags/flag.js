/* The page of a flag: its buttons without a new page, weights that slide, and what a colleague saved meanwhile. */
"use strict";

// Every button of the form says in formaction where it leads; with a script, the answer only takes the page's own part.
// While something is being saved nothing else is sent; a draft gives way to whatever comes after it.
let sent = null;
function send(button) {
  const form = button.form;
  delete form.dataset.sent;
  if (sent && sent.name !== "do") return;
  if (sent) htmx.trigger(sent, "htmx:abort");
  const review = document.getElementById("review-changes");
  if (review) htmx.trigger(review, "htmx:abort");
  sent = button;
  htmx.ajax("POST", button.getAttribute("formaction") || form.action, {
    source: button,
    target: "#flag-page",
    select: "#flag-page",
    selectOOB: "#toasts",
    swap: "outerHTML",
  }).catch(() => {}).finally(() => {
    if (sent === button) sent = null;
  });
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "editor") return;
  event.preventDefault();
  send(event.submitter);
});

// What is chosen here changes which inputs there are.
document.addEventListener("change", (event) => {
  if (event.target.dataset.redraws !== undefined) send(document.getElementById("look"));
});

document.addEventListener("input", (event) => {
  const slider = event.target.dataset.slides;
  const input = slider ? document.getElementById(slider) : event.target;
  const weights = input.closest("[data-weights]");
  if (!weights) return;
  if (slider) input.value = event.target.value;
  balance(weights, input);
  draw(weights);
});

function inputsOf(weights) {
  return [...weights.querySelectorAll(".percent .input")];
}

// Of two that share everything, the other gets the rest; nobody goes on to the next step unless somebody says so.
function balance(weights, changed) {
  const goesOn = (input) => input.dataset.color === "v0";
  const sharing = inputsOf(weights).filter((input) => !goesOn(input) || input === changed || Number(input.value) > 0);
  const rest = 100 - Number(changed.value.replace(",", "."));
  if (sharing.length !== 2 || !(rest >= 0 && rest <= 100)) return;
  sharing.find((input) => input !== changed).value = Number(rest.toFixed(3));
}

function draw(weights) {
  const bar = weights.parentElement.querySelector(".split-bar");
  bar.replaceChildren();
  let start = 0;
  for (const input of inputsOf(weights)) {
    const width = Number(input.value.replace(",", ".")) || 0;
    const piece = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    piece.setAttribute("class", input.dataset.color);
    piece.setAttribute("x", `${start}%`);
    piece.setAttribute("width", `${width}%`);
    if (width > 0) bar.append(piece);
    start += width;
    weights.querySelector(`[data-slides="${CSS.escape(input.id)}"]`).value = width;
  }
}

// A rule is dragged by its grip to another place; the buttons beside it do the same for the keyboard and for fingers.
let dragged = null;
function rulesOnPage() {
  return [...document.querySelectorAll("[data-rule]")];
}
function markDrop(step, isBelow) {
  for (const each of rulesOnPage()) delete each.dataset.drop;
  if (step) step.dataset.drop = isBelow ? "below" : "above";
}
document.addEventListener("dragstart", (event) => {
  if (!event.target.matches?.(".grip")) return;
  dragged = event.target.closest("[data-rule]");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.rule);
  event.dataTransfer.setDragImage(dragged.querySelector(".card"), 16, 16);
  dragged.dataset.dragged = "";
});
document.addEventListener("dragover", (event) => {
  const step = dragged && event.target.closest?.("[data-rule]");
  if (!step) return;
  event.preventDefault();
  const { top, height } = step.getBoundingClientRect();
  markDrop(step, event.clientY > top + height / 2);
});
document.addEventListener("drop", (event) => {
  const step = dragged && document.querySelector("[data-drop]");
  if (!step) return;
  event.preventDefault();
  const rules = rulesOnPage();
  const from = rules.indexOf(dragged);
  const below = rules.indexOf(step) + (step.dataset.drop === "below" ? 1 : 0);
  const place = below > from ? below - 1 : below;
  if (place === from) return;
  const mover = document.getElementById("look").cloneNode();
  mover.id = "mover";
  mover.value = `move ${dragged.dataset.rule} ${place}`;
  document.getElementById("look").after(mover);
  send(mover);
});
document.addEventListener("dragend", () => {
  if (dragged) delete dragged.dataset.dragged;
  dragged = null;
  markDrop(null);
});

// What the server drew for everybody becomes what only a script can drive.
function wake() {
  for (const hidden of document.querySelectorAll("[data-slides][hidden], .grip[hidden]")) hidden.hidden = false;
  const question = document.getElementById("question");
  if (question && !question.matches(":modal")) {
    question.close();
    question.showModal();
  }
}
document.addEventListener("DOMContentLoaded", wake);

// On a phone the tabs scroll within their bar; the page does not.
function showTab() {
  const tab = document.querySelector(".env-tab[aria-current]");
  tab.parentElement.scrollLeft += tab.getBoundingClientRect().left - tab.parentElement.getBoundingClientRect().left - 16;
}
document.addEventListener("DOMContentLoaded", showTab);
document.addEventListener("htmx:afterSettle", wake);

// A draft is never replaced by what somebody else saved: then a note says so.
let isTyped = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("#editor")) isTyped = true;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "flag-page") return;
  isTyped = false;
  wake();
  showTab();
  document.dispatchEvent(new Event("flagforge:drawn"));
});
// What is typed, open or dragged is let go first, and what was sent is answered.
const isBusy = () =>
  Boolean(isHeld || dragged || sent || document.querySelector("#flag-page :popover-open, #editor :is(input, select, textarea):focus"));
const LONG_BUSY = 2000;
let waiting = 0;
function showNews(waited = 0) {
  clearTimeout(waiting);
  const { edited, news, version } = document.getElementById("flag-page").dataset;
  const isDraft = isTyped || edited !== undefined;
  if (isDraft || waited === LONG_BUSY) htmx.ajax("GET", `${news}?since=${version}`, "#news");
  if (isDraft) return;
  if (isBusy()) waiting = setTimeout(showNews, LOOK_AGAIN, waited + LOOK_AGAIN);
  else drawAnew("flag-page", { isBusy: () => isTyped || isBusy(), again: showNews });
}
document.addEventListener("flagforge:changed", ({ detail }) => {
  const { environment, flag } = document.getElementById("flag-page").dataset;
  const isOurs = detail.environment === environment && [...detail.flags, ...detail.removed].includes(flag);
  if (isOurs || detail.whole) showNews();
});
