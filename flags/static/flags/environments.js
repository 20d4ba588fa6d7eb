/* All environments of a flag: what others change shows by itself. */
"use strict";

document.addEventListener("flagforge:changed", ({ detail }) => {
  const flag = document.getElementById("editor").dataset.flag;
  if (detail.whole || [...detail.flags, ...detail.removed].includes(flag)) whenFree("columns");
});
