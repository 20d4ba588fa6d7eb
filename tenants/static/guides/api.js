// The library has a dark theme of its own, behind a class.
const dark = matchMedia("(prefers-color-scheme: dark)");

function follow() {
  const chosen = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
}

dark.addEventListener("change", follow);
follow();

// A link within a button, a list without a name and a step left out between headings are lost on whoever does not see the page.
function readable({ React }) {
  const plain = () => ({ text }) => React.createElement("span", null, text);
  const named = (List) => (props) => React.createElement("label", null, React.createElement(List, props));
  const heading = React.createElement("h2", { className: "visually-hidden" }, "Operations");
  const headed = (All) => (props) => React.createElement(React.Fragment, null, heading, React.createElement(All, props));
  return { wrapComponents: { DeepLink: plain, ExamplesSelect: named, operations: headed } };
}
