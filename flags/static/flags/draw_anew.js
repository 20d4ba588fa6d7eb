/* Draws a part of a page anew for what others did; the page of a flag and that of all its environments share it. */
"use strict";

// What is pressed is let go first.
let isHeld = false;
document.addEventListener("pointerdown", ({ button }) => (isHeld = button === 0));
for (const ended of ["pointerup", "pointercancel", "contextmenu"]) document.addEventListener(ended, () => (isHeld = false));
const LOOK_AGAIN = 250;

// By id: what to do once a part that is on its way is there. What comes meanwhile may not stand in it yet.
const onTheirWay = new Map();
const isInHand = () => isHeld;
function drawAnew(id, { isBusy = isInHand, again = () => whenFree(id) } = {}) {
  const way = onTheirWay.get(id);
  if (way) {
    way.next = again;
    return;
  }
  onTheirWay.set(id, { isBusy, again, next: () => {} });
  const part = { target: `#${id}`, select: `#${id}`, swap: "outerHTML" };
  htmx.ajax("GET", location.pathname, part).catch(() => {}).finally(() => {
    const { next } = onTheirWay.get(id);
    onTheirWay.delete(id);
    next();
  });
}

function whenFree(id) {
  if (isHeld) setTimeout(whenFree, LOOK_AGAIN, id);
  else drawAnew(id);
}

// Somebody may begin to do something while the newest is on its way.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const way = onTheirWay.get(detail.target.id);
  if (!way || detail.requestConfig.verb !== "get" || !way.isBusy()) return;
  detail.shouldSwap = false;
  way.next = way.again;
});
