/* Forms about flags: one more row for one more variant. */
"use strict";

for (const button of document.querySelectorAll("[data-add-variant]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add-variant]");
  if (!button) return;
  const rows = button.closest("fieldset").querySelector("[data-variants]");
  const row = rows.lastElementChild.cloneNode(true);
  const number = rows.querySelectorAll(".variant-row:not([aria-hidden])").length + 1;
  // What a script made around a field of JSON is made anew for the new one.
  const box = row.querySelector(".json-field");
  if (box) box.replaceWith(box.querySelector("textarea"));
  for (const input of row.querySelectorAll("input, textarea, select")) {
    if (input.tagName !== "SELECT") input.value = input.textContent = "";
    for (const name of ["id", "data-dressed", "aria-describedby", "aria-invalid"]) input.removeAttribute(name);
    input.ariaLabel = input.ariaLabel.replace(/\d+$/, number);
  }
  rows.append(row);
  document.dispatchEvent(new Event("flagforge:variant-added"));
  row.querySelector("input").focus();
});
