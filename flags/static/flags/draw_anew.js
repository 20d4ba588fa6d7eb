/* Draws a part of a page anew for what others did; the page of a flag and that of all its environments share it. */
"use strict";

// By id: what to do once a part that is on its way is there. What comes meanwhile may not stand in it yet.
const onTheirWay = new Map();
function drawAnew(id, again = () => drawAnew(id)) {
  if (onTheirWay.has(id)) {
    onTheirWay.set(id, again);
    return;
  }
  onTheirWay.set(id, () => {});
  const part = { target: `#${id}`, select: `#${id}`, swap: "outerHTML" };
  htmx.ajax("GET", location.pathname, part).catch(() => {}).finally(() => {
    const next = onTheirWay.get(id);
    onTheirWay.delete(id);
    next();
  });
}
