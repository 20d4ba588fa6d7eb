/* What every page does: toasts that go away, keys that jump, copies, and a button that is pressed once. */
"use strict";

const LONG_ENOUGH_TO_READ = 8000;

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function letToastsGo(root) {
  for (const toast of root.querySelectorAll("[data-toast]:not([data-going])")) {
    toast.dataset.going = "";
    if (!toast.classList.contains("toast-danger")) setTimeout(() => toast.remove(), LONG_ENOUGH_TO_READ);
  }
}

document.addEventListener("click", async (event) => {
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest("[data-toast]").remove();
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(copy.dataset.copy);
    copy.dataset.copied = "";
    setTimeout(() => delete copy.dataset.copied, 1500);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const search = document.querySelector("input[type=search]");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});

// A form that was sent once is not sent twice by an impatient hand.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent !== undefined) event.preventDefault();
  else if (event.target.method === "post" && !event.target.hasAttribute("hx-post")) event.target.dataset.sent = "";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  letToastsGo(document);
});
document.addEventListener("htmx:afterSettle", () => letToastsGo(document));
