/* Keeps an open page live. A WebSocket says which flags changed; the page hears of it as the event `flagforge:changed`
   on document, with {environment, flags, removed, whole}. `whole`: look at everything again. */

const SIGNED_OUT = 4401;
const NO_ACCESS = 4404;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
// Three heartbeats of the server. A connection may be cut without a word.
const LONGEST_SILENCE = 45_000;

const main = document.querySelector("main[data-live]");
const words = document.getElementById("live-state");
let socket = null;
let hasLived = false;
let wasSignedOut = false;
let attempts = 0;
let retry = 0;
let watchdog = 0;

function say(state, text, link) {
  words.hidden = false;
  words.dataset.state = state;
  words.replaceChildren(text);
  if (link) {
    const anchor = Object.assign(document.createElement("a"), link);
    words.append(" ", anchor);
  }
}

function addressOfSocket() {
  const address = new URL(main.dataset.live, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  // How old this page is, so that it hears what happened while it was on its way. After an interruption: everything.
  if (!hasLived) address.searchParams.set("age", Math.round(performance.now()));
  return address;
}

function connect() {
  clearTimeout(retry);
  socket = new WebSocket(addressOfSocket());
  socket.addEventListener("message", heard);
  socket.addEventListener("close", closed);
  waitForWords();
}

function waitForWords() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => closed({ target: socket }), LONGEST_SILENCE);
}

function heard(event) {
  if (event.target !== socket) return;
  if (words.dataset.state !== "live") say("live", "Live");
  hasLived = true;
  attempts = 0;
  if (wasSignedOut) renewToken();
  waitForWords();
  const { type, environment, flags, removed, whole } = JSON.parse(event.data);
  if (type !== "changed") return;
  document.dispatchEvent(new CustomEvent("flagforge:changed", { detail: { environment, flags, removed, whole } }));
}

function closed({ target, code }) {
  if (target !== socket) return;
  clearTimeout(watchdog);
  socket = null;
  target.close();
  if (code === SIGNED_OUT) {
    wasSignedOut = true;
    say("signed-out", "Signed out.", { href: "/accounts/login/", textContent: "Sign in", target: "_blank" });
  } else if (code === NO_ACCESS) {
    say("ended", "No access any more.", { href: "/", textContent: "Leave" });
  } else {
    say("waiting", "Reconnecting…");
    const wait = Math.min(FIRST_WAIT * 2 ** attempts++, LONGEST_WAIT);
    retry = setTimeout(connect, wait * (0.5 + Math.random()));
  }
}

function connectAtOnce() {
  if (socket === null && words.dataset.state !== "ended" && !document.hidden) connect();
}

// Who signed in again in another tab has a new token there. With it, what was typed here can still be sent.
async function renewToken() {
  wasSignedOut = false;
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
  document.body.setAttribute("hx-headers", page.body.getAttribute("hx-headers"));
}

if (main !== null) {
  window.addEventListener("online", connectAtOnce);
  document.addEventListener("visibilitychange", connectAtOnce);
  connect();
}
