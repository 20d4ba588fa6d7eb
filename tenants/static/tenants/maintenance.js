/* In maintenance the server refuses every change; what would make one says so before anybody fills it in. */
const CHANGES = ["form[method=post] button", "[hx-post]", "[hx-put]", "[hx-patch]", "[hx-delete]"].map((each) => `main ${each}`).join();

function disable() {
  for (const element of document.querySelectorAll(CHANGES)) {
    if (!("disabled" in element) || element.closest("[data-may-change]")) continue;
    element.disabled = true;
    element.title = "Nothing can be changed in maintenance";
  }
}

disable();
document.addEventListener("htmx:afterSettle", disable);
