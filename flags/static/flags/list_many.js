/* Selecting flags in the list, and doing something to all of them: what is selected stays so while rows are shown again. */
"use strict";

const selectedKeys = new Set();

function boxes() {
  return [...document.querySelectorAll("input[name=flag][form=bulk]")];
}

function showSelection() {
  const shown = boxes();
  for (const box of shown) {
    box.checked = selectedKeys.has(box.value);
    box.closest("tr").setAttribute("aria-selected", String(box.checked));
  }
  const count = shown.filter((box) => box.checked).length;
  const whole = document.getElementById("select-all");
  if (!whole) return;
  whole.disabled = false;
  whole.checked = count > 0 && count === shown.length;
  whole.indeterminate = count > 0 && count < shown.length;
  document.getElementById("selected").textContent = `${count} selected`;
}

// A browser that goes back to the page checks the boxes again by itself.
function startAnew() {
  selectedKeys.clear();
  for (const box of boxes()) if (box.checked) selectedKeys.add(box.value);
  showSelection();
}

document.addEventListener("change", (event) => {
  const changed = event.target.id === "select-all" ? boxes() : boxes().filter((box) => box === event.target);
  for (const box of changed) {
    if (event.target.checked) selectedKeys.add(box.value);
    else selectedKeys.delete(box.value);
  }
  if (changed.length) showSelection();
});

document.addEventListener("htmx:afterSettle", showSelection);
document.addEventListener("flagforge:shown", showSelection);
window.addEventListener("pageshow", startAnew);

// The list as it is now, whatever was done to how many.
function showListAgain() {
  selectedKeys.clear();
  htmx.ajax("GET", location.pathname + location.search, { target: "#flags", swap: "innerHTML" });
}
document.addEventListener("flagforge:done", showListAgain);

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-stop]")) return;
  document.getElementById("asking").replaceChildren();
  complain("Stopped: what was done until here stays.");
  showListAgain();
});
document.addEventListener("submit", (event) => {
  if (event.target.closest("[data-toast]")) event.target.closest("[data-toast]").hidden = true;
});
