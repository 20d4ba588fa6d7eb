/* Forms about flags: one more row for one more variant. */
"use strict";

for (const button of document.querySelectorAll("[data-add-variant]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add-variant]");
  if (!button) return;
  const rows = button.closest("fieldset").querySelector("[data-variants]");
  const row = rows.lastElementChild.cloneNode(true);
  const number = rows.querySelectorAll("textarea").length + 1;
  for (const input of row.querySelectorAll("input, textarea")) {
    input.value = input.textContent = "";
    input.removeAttribute("id");
    input.ariaLabel = input.ariaLabel.replace(/\d+$/, number);
  }
  rows.append(row);
  row.querySelector("input").focus();
});
