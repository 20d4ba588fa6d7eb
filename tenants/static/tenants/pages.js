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

// Browsers give the clipboard to pages from https and localhost alone; elsewhere the old way still works.
async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const held = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  document.body.append(held);
  held.select();
  document.execCommand("copy");
  held.remove();
}

document.addEventListener("click", async (event) => {
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest("[data-toast]").remove();
  const copy = event.target.closest("[data-copy], [data-copy-from]");
  if (copy) {
    await copyText(copy.dataset.copy ?? document.getElementById(copy.dataset.copyFrom).textContent);
    copy.dataset.copied = "";
    setTimeout(() => delete copy.dataset.copied, 1500);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "?") document.getElementById("keys")?.togglePopover();
  if (event.key !== "/") return;
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

// A key follows the name that it is made from, until somebody types one.
function keyOf(name) {
  return name.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 63);
}
document.addEventListener("input", (event) => {
  if (event.target.dataset.follows !== undefined) event.target.dataset.follows = "";
  const follower = event.target.name && document.querySelector(`[data-follows="${event.target.name}"]`);
  if (follower) follower.value = keyOf(event.target.value);
});
// Who types faster than scripts load is caught up with.
window.addEventListener("pageshow", () => {
  for (const follower of document.querySelectorAll("[data-follows]:not([data-follows=''])")) {
    const leader = document.querySelector(`[name="${follower.dataset.follows}"]`);
    if (leader?.value && !follower.value) leader.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

// What was shown once is not asked for again by a reload: the address becomes that of the list.
const instead = document.querySelector("[data-instead]");
if (instead) history.replaceState(null, "", instead.dataset.instead);

// A whole page that tells of an error does not belong into a part of one, unless it is the same page and has that part.
function complain(text, ...more) {
  const toast = Object.assign(document.createElement("div"), { className: "toast toast-danger" });
  const dismiss = Object.assign(document.createElement("button"), { className: "button button-quiet button-s", type: "button", textContent: "Dismiss" });
  toast.dataset.toast = dismiss.dataset.dismiss = "";
  const words = document.createElement("span");
  words.append(text, ...more);
  toast.append(document.createElement("span"), words, dismiss);
  document.getElementById("toasts").append(toast);
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const { serverResponse, target, xhr } = event.detail;
  if (xhr.status < 400 || !/^\s*<!doctype/i.test(serverResponse)) return;
  if (target.id && serverResponse.includes(`id="${target.id}"`)) return;
  event.detail.shouldSwap = false;
  if (xhr.status === 403) {
    const login = Object.assign(document.createElement("a"), { href: "/accounts/login/", target: "_blank", textContent: "Sign in in a new tab" });
    complain("Not done: you are signed out, or were signed in anew elsewhere. ", login, ", then send this again: what you typed is still here.");
    return;
  }
  complain(`Not done: the server answered ${xhr.status}. Reload the page; what you typed is still in it.`);
});
document.addEventListener("htmx:sendError", () => complain("Not done: the server did not answer. Try again in a moment."));
