/* Keeps an open page live. A WebSocket says which flags changed; the page hears of it as the event `flagforge:changed`
   on document, with {environment, flags, removed, whole}. `whole`: look at everything again. A page with `data-presence`
   says besides what it is about and whether somebody types there, and shows who else is there. */

const SIGNED_OUT = 4401;
const NO_ACCESS = 4404;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
// Three heartbeats of the server. A connection may be cut without a word.
const LONGEST_SILENCE = 45_000;

const main = document.querySelector("main[data-live]");
const words = document.getElementById("live-state");
const presence = document.getElementById("presence");
const MOST_AVATARS = 3;
let socket = null;
let hasLived = false;
let wasSignedOut = false;
let attempts = 0;
let retry = 0;
let watchdog = 0;
let isTyped = false;
let said = "";

function say(state, text, link) {
  words.hidden = main.dataset.quiet !== undefined && state !== "signed-out" && state !== "ended";
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
  // How old this page is and what it shows, so that it hears what happened while it was on its way. After an interruption: everything.
  if (!hasLived) {
    address.searchParams.set("age", Math.round(performance.now()));
    if (main.dataset.shows) address.searchParams.set("shows", main.dataset.shows);
  }
  return address;
}

function connect() {
  clearTimeout(retry);
  socket = new WebSocket(addressOfSocket());
  said = "";
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
  sayWhere();
  const { type, environment, flags, removed, whole, people } = JSON.parse(event.data);
  if (type === "presence") meet(people);
  if (type !== "changed") return;
  document.dispatchEvent(new CustomEvent("flagforge:changed", { detail: { environment, flags, removed, whole } }));
}

function closed({ target, code }) {
  if (target !== socket) return;
  clearTimeout(watchdog);
  meet([]);
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

function sayWhere() {
  if (!main.dataset.presence || socket?.readyState !== WebSocket.OPEN || !hasLived) return;
  const editing = isTyped || document.querySelector("[data-edited]") !== null;
  const text = JSON.stringify({ here: main.dataset.presence, environment: main.dataset.environment ?? "", editing });
  if (text !== said) socket.send(text);
  said = text;
}

function avatarOf({ initials, color, editing }) {
  const avatar = Object.assign(document.createElement("span"), { className: "avatar", textContent: initials });
  avatar.dataset.env = color;
  avatar.setAttribute("aria-hidden", "true");
  if (editing) avatar.classList.add("is-editing");
  return avatar;
}

function sentenceOf(people) {
  const editing = people.filter((one) => one.editing);
  const named = editing.length ? editing : people;
  const names = named.length > 2 ? `${named.length} people` : named.map((one) => one.name).join(" and ");
  const elsewhere = named.every((one) => one.environment === named[0].environment) ? named[0].environment : "";
  const where = elsewhere && elsewhere !== main.dataset.environment ? elsewhere : "";
  return `${names} ${named.length > 1 ? "are" : "is"} ${editing.length ? "editing" : where ? "in" : "here"} ${where}`.trimEnd();
}

function meet(people) {
  if (!presence) return;
  if (people.length === 0) presence.replaceChildren();
  else {
    const sentence = Object.assign(document.createElement("span"), { textContent: sentenceOf(people) });
    presence.replaceChildren(...people.slice(0, MOST_AVATARS).map(avatarOf), sentence);
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
  document.addEventListener("input", (event) => {
    if (event.target.form?.method === "post" && main.contains(event.target)) isTyped = true;
    sayWhere();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "flag-page") isTyped = false;
    sayWhere();
  });
  window.addEventListener("online", connectAtOnce);
  document.addEventListener("visibilitychange", connectAtOnce);
  connect();
}
