/** The key `/` leads to the field of a search, as on most pages of the web. */

/** @param {EventTarget | null} target @returns {boolean} whether keys are text there */
function takesText(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

export function startSearchKey() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || takesText(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const fields = [...document.querySelectorAll("input[data-search]")];
    const field = fields.find((one) => one instanceof HTMLElement && one.checkVisibility());
    if (!(field instanceof HTMLInputElement)) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}
