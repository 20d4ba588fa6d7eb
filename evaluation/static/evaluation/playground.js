/* The playground: arrow keys walk the matrix, an opened cell is marked and its steps come into view, menus close. */
"use strict";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest("button.cell");
  if (!cell || !STEPS[event.key]) return;
  const [down, right] = STEPS[event.key];
  const here = cell.closest("td");
  const row = here.parentElement.parentElement.rows[here.parentElement.sectionRowIndex + down];
  const next = row?.cells[here.cellIndex + right]?.querySelector("button.cell");
  event.preventDefault();
  next?.focus();
});

function mark(opened) {
  for (const cell of document.querySelectorAll("button.cell[aria-current]")) cell.removeAttribute("aria-current");
  opened.setAttribute("aria-current", "true");
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "trace") return;
  mark(event.detail.requestConfig.elt);
  const { top, bottom } = event.detail.target.getBoundingClientRect();
  if (top > innerHeight - 100 || bottom < 100) event.detail.target.scrollIntoView({ block: "start" });
});

// What the server found wrong is said of the input too.
document.addEventListener("htmx:afterSettle", () => {
  for (const typed of document.querySelectorAll(".typed")) {
    typed.querySelector("textarea").setAttribute("aria-invalid", String(typed.querySelector(".error") !== null));
  }
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.adding[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.adding[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
