// The demo shop: a web application with the SDK for JavaScript and a client key, which shows what it gets and why.
"use strict";

const GOODS = 96;
const KEYS = ["new-checkout", "banner-text", "price-discount", "items-per-page", "theme", "search-engine", "maintenance-mode", "payments-v2"];
// What the shop does by itself when a flag has no value for it.
const DEFAULTS = {"banner-text": "Welcome to our shop", "price-discount": 0, "items-per-page": 12,
  theme: {background: "#ffffff", accent: "#0b6e99", dark: false}};

const at = (id) => document.getElementById(id);
const asker = at("asker");
const environment = () => asker.querySelector("[name=environment]:checked");
const visitor = () => asker.querySelector("[name=visitor]:checked");
const euros = new Intl.NumberFormat("en", {style: "currency", currency: "EUR"});

let client = null;
let flags = {}; // as the server answered them
let values = {}; // as an application gets them
let heard = null; // for whom and where these are: not what is chosen while an answer is still on its way
let chosen = "new-checkout";
let isFirst = true; // the next answer is to a new question, so nothing in it is news

// The SDK

function listen() {
  client?.close();
  const asking = new FlagForge.Client({
    baseUrl: location.origin,
    sdkKey: environment().dataset.clientKey,
    context: JSON.parse(visitor().dataset.context),
    anonymous: false, // who is not signed in stays without a key here, to show what that means
    storage: null, // a demo begins with what is true now
    application: "demo-shop",
  });
  client = asking;
  asking.onChange(() => asking === client && take());
  asking.onStatus(() => asking === client && tellStatus());
}

function tellStatus() {
  const {status} = client;
  if (status === "live") say("live", "Live");
  if (status === "stale") say("away", `Reconnecting… ${shown()}`);
  if (status === "refused") say("ended", "Stopped: this client key was revoked. Reload the page");
}

function say(state, words) {
  at("stream").dataset.state = state;
  at("stream-words").textContent = words;
}

function shown() {
  if (!heard) return "these are the shop’s own defaults";
  const isChosen = heard.name === visitor().dataset.name && heard.place === environment().value;
  return isChosen ? "these are the last values" : `these are still the values of ${heard.name} in ${heard.place}`;
}

function take() {
  const before = flags;
  flags = Object.fromEntries(Object.keys(client.allFlags()).map((key) => [key, client.peek(key)]));
  values = Object.fromEntries(KEYS.map((key) => [key, client.details(key, DEFAULTS[key] ?? false).value]));
  heard = {name: visitor().dataset.name, place: environment().value};
  const news = isFirst ? [] : KEYS.filter((key) => look(before[key]) !== look(flags[key]));
  isFirst = false;
  show();
  news.forEach((key) => tell(key, before[key]));
}

// All that a reader can see of an answer; a version that rose alone is no news.
const look = (entry) => entry && JSON.stringify([entry.value, entry.variant, entry.reason, entry.errorCode, entry.metadata]);

// The shop

const value = (key) => values[key] ?? DEFAULTS[key] ?? false;
const within = (number, low, high) => Math.min(Math.max(number, low), high);

function show() {
  showTheme(value("theme"));
  at("banner").textContent = value("banner-text");
  at("search").textContent = {vectors: "Ask in your own words", bm25: "Search by words"}[value("search-engine")] ?? "Search";
  showPrices(within(value("price-discount"), 0, 100));
  showShelf(within(value("items-per-page"), 1, GOODS));
  showCheckout(value("new-checkout"));
  at("closed").hidden = !value("maintenance-mode");
  at("open").hidden = value("maintenance-mode");
  if (heard) showFlags();
  showWhy();
}

function showTheme(theme) {
  for (const name of ["background", "accent"]) {
    if (/^#[0-9a-f]{6}$/i.test(theme[name])) at("shop").style.setProperty(`--shop-${name}`, theme[name]);
  }
  at("shop").toggleAttribute("data-dark", theme.dark === true);
}

function showPrices(discount) {
  const less = (price) => euros.format(price * (1 - discount / 100));
  for (const price of document.querySelectorAll("[data-price]")) {
    const full = Number(price.dataset.price);
    price.replaceChildren(...(discount ? [make("s", euros.format(full)), less(full)] : [euros.format(full)]));
  }
  at("discount").textContent = discount ? `${discount} % off every price` : "No discount";
  at("total").textContent = less(18 + 64 + 32.5);
}

function showShelf(count) {
  const columns = Math.ceil(Math.sqrt(count * 3));
  const [width, height] = [240 / columns, 60 / Math.ceil(count / columns)];
  at("shelf").replaceChildren(...Array.from({length: count}, (_, number) => {
    const good = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const place = {x: (number % columns) * width, y: Math.floor(number / columns) * height, width, height};
    Object.entries(place).forEach(([name, size]) => good.setAttribute(name, size.toFixed(2)));
    return good;
  }));
  at("pages").textContent = `${count} of ${GOODS} goods per page`;
}

function showCheckout(isNew) {
  at("checkout").dataset.edition = isNew ? "new" : "old";
  for (const edition of at("checkout").querySelectorAll("[data-for]")) edition.hidden = edition.dataset.for !== at("checkout").dataset.edition;
  at("checkout-words").textContent = isNew ? "The new checkout: one page" : "The old checkout: four pages";
}

// Why

const PROBLEMS = {
  TARGETING_KEY_MISSING: "A share of people is picked by their key, and this visitor has none.",
  PARSE_ERROR: "This server cannot read the flag’s definition.",
};

function why(entry) {
  if (!entry) return "A client key may not see this flag: only the shop’s own server asks it.";
  if (entry.errorCode) return `${PROBLEMS[entry.errorCode] ?? "It could not be decided."} The shop uses its own default.`;
  const {rule, prerequisite, enabled} = entry.metadata;
  const from = rule ? `The rule ${rule} matched` : "";
  const words = {
    DISABLED: "The flag is off here, with nothing to serve: the shop uses its own default.",
    STATIC: enabled === false ? "The flag is off here: everybody gets its off variant." : "It has no rules: everybody gets this.",
    TARGETING_MATCH: from ? `${from}.` : "This visitor was picked by name.",
    SPLIT: from ? `${from}, and it serves this to a share of people: this visitor’s bucket is in it.` : "This visitor’s bucket is in the share that gets this.",
    DEFAULT: prerequisite ? `It needs ${prerequisite}, which does not serve this visitor what is needed: the off variant.` : "No rule matched: everybody else gets this.",
  };
  return words[entry.reason] ?? entry.reason;
}

function short(entry) {
  if (!entry) return "hidden from client keys";
  if (entry.errorCode) return entry.errorCode === "TARGETING_KEY_MISSING" ? "no key to pick by" : "error";
  const {rule, prerequisite, enabled} = entry.metadata;
  if (enabled === false || entry.reason === "DISABLED") return "off for everybody";
  if (prerequisite) return `needs ${prerequisite}`;
  return {TARGETING_MATCH: rule ? `rule ${rule}` : "picked by name", SPLIT: rule ? `rule ${rule}, a share` : "a share", DEFAULT: "everybody else", STATIC: "everybody"}[entry.reason];
}

function worth(entry) {
  if (!entry) return "not visible";
  if (entry.value === undefined) return "the shop’s default";
  return typeof entry.value === "object" ? entry.variant : JSON.stringify(entry.value);
}

function showFlags() {
  at("whose").textContent = heard.name;
  at("where").textContent = heard.place;
  for (const key of KEYS) {
    const row = document.querySelector(`#flags [data-flag="${key}"]`);
    const words = make("span", short(flags[key]), flags[key]?.errorCode ? "short error" : "short");
    row.replaceChildren(make("code", key), make("code", worth(flags[key])), words);
  }
}

function showWhy() {
  if (!heard) return;
  const entry = flags[chosen];
  at("why-title").replaceChildren("Why ", heard.name, " gets ", make(entry?.value === undefined ? "span" : "code", worth(entry)));
  at("why-words").textContent = why(entry);
  at("why-facts").replaceChildren(...facts(entry).flatMap(([name, text]) => [make("dt", name), make("dd", text, name === "Error" ? "error" : "")]));
  at("wire").textContent = entry ? JSON.stringify({[chosen]: entry}, null, 1) : `${chosen} is not in the answer.`;
  at("command").textContent = `.venv/bin/python manage.py toggle ${asker.dataset.path}/${heard.place} ${chosen} ${isOff(entry) ? "on" : "off"}`;
  for (const button of document.querySelectorAll("[data-flag]")) button.setAttribute("aria-pressed", button.dataset.flag === chosen);
}

function facts(entry) {
  const all = [["Flag", chosen], ["Variant", entry?.variant], ["Reason", entry?.reason], ["Rule", entry?.metadata.rule],
    ["Needs", entry?.metadata.prerequisite], ["Error", entry?.errorCode && `${entry.errorCode}: ${entry.errorDetails}`]];
  return all.filter(([, text]) => text);
}

const isOff = (entry) => entry?.reason === "DISABLED" || entry?.metadata.enabled === false;

// What changed just now

function tell(key, before) {
  const row = document.querySelector(`#flags [data-flag="${key}"]`);
  for (const place of [row, document.querySelector(`[data-part="${key}"]`)]) flash(place);
  const time = make("time", new Date().toLocaleTimeString("en-GB"));
  const line = make("li");
  const [was, is] = [worth(before), worth(flags[key])];
  line.append(time, " ", make("code", key), was === is ? `: still ${is}; ${short(flags[key])}` : `: ${was} → ${is}`);
  at("news").prepend(line);
  flash(line);
  while (at("news").children.length > 5) at("news").lastChild.remove();
  at("no-news").hidden = true;
}

function flash(element) {
  if (!element) return;
  element.classList.remove("changed");
  void element.offsetWidth; // without a layout between them, the second fade of a row would not begin
  element.classList.add("changed");
}

function make(name, text = "", className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

// The page

function choose(key) {
  chosen = key;
  showWhy();
}

async function copy() {
  try {
    await navigator.clipboard.writeText(at("command").textContent);
    at("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(at("command")); // no clipboard for pages without https
    at("copy").textContent = "Selected: press Ctrl C";
  }
  setTimeout(() => { at("copy").textContent = "Copy"; }, 2000);
}

function ask() {
  const query = new URLSearchParams({environment: environment().value, visitor: visitor().value});
  history.replaceState(null, "", `?${query}`);
  isFirst = true;
  say("waiting", "Connecting…");
  listen();
}

for (const key of KEYS) {
  const button = make("button");
  button.type = "button";
  button.dataset.flag = key;
  button.append(make("code", key));
  const row = make("li");
  row.append(button);
  at("flags").append(row);
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-flag]");
  if (!button) return;
  choose(button.dataset.flag);
  if (matchMedia("(max-width: 60rem)").matches) at("why").scrollIntoView();
});
at("copy").addEventListener("click", copy);
asker.addEventListener("change", ask);
asker.addEventListener("submit", (event) => event.preventDefault());
addEventListener("online", tellStatus);
addEventListener("offline", () => say("away", `This device is offline: ${shown()}`));
show();
listen();
