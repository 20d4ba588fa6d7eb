// The library has a dark theme of its own, behind a class.
const dark = matchMedia("(prefers-color-scheme: dark)");

function follow() {
  const chosen = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
}

dark.addEventListener("change", follow);
follow();
