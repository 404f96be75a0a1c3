/** Completes names in a text area that holds one a line. Without this module the names are typed in full. */

import { getJson, isAbort } from "omeropyr/js/api.js";
import { el } from "omeropyr/js/dom.js";

const PAUSE = 150;

/** @typedef {{id: number, name: string, hint: string}} Found */

/**
 * @param {HTMLTextAreaElement} area
 * @returns {{start: number, end: number, word: string}} the line that the cursor is in
 */
function line(area) {
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const after = area.value.indexOf("\n", start);
  const end = after < 0 ? area.value.length : after;
  return { start, end, word: area.value.slice(start, end).trim() };
}

/** @param {HTMLTextAreaElement} area */
function complete(area) {
  const list = el("div", { role: "listbox", class: "suggest-list", id: `${area.id}-found`, "aria-label": "Names" });
  const frame = el("div", { class: "suggest" });
  area.replaceWith(frame);
  frame.append(area, list);
  list.hidden = true;
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-autocomplete", "list"],
    ["aria-controls", list.id],
    ["aria-expanded", "false"],
  ])
    area.setAttribute(name, value);

  /** @type {Found[]} */
  let found = [];
  let chosen = -1;
  let timer = 0;
  let asked = new AbortController();

  const close = () => {
    list.hidden = true;
    chosen = -1;
    area.setAttribute("aria-expanded", "false");
    area.removeAttribute("aria-activedescendant");
  };

  /** @param {Found} one */
  const take = (one) => {
    const { start, end } = line(area);
    area.setRangeText(`${one.name}\n`, start, Math.min(end + 1, area.value.length), "end");
    close();
    area.focus();
  };

  const draw = () => {
    const options = found.map((one, place) =>
      el(
        "div",
        {
          role: "option",
          id: `${list.id}-${place}`,
          "aria-selected": String(place === chosen),
          onmousedown: (/** @type {MouseEvent} */ event) => {
            event.preventDefault();
            take(one);
          },
        },
        one.name,
        one.hint && el("span", { class: "small muted" }, ` ${one.hint}`),
      ),
    );
    list.replaceChildren(...options);
    list.hidden = found.length === 0;
    area.setAttribute("aria-expanded", String(!list.hidden));
    if (chosen >= 0) area.setAttribute("aria-activedescendant", `${list.id}-${chosen}`);
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };

  const ask = async () => {
    asked.abort();
    asked = new AbortController();
    const { word } = line(area);
    if (!word) return close();
    try {
      const answer = await getJson(`${area.dataset.suggest}?q=${encodeURIComponent(word)}`, asked.signal);
      found = answer.found;
      chosen = -1;
      draw();
    } catch (error) {
      // Whoever cannot be helped types the name in full.
      if (!isAbort(error)) close();
    }
  };

  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE);
  });
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      chosen = (chosen + step + found.length) % found.length;
      draw();
    } else if (event.key === "Enter" && chosen >= 0) take(found[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}

for (const area of document.querySelectorAll("textarea[data-suggest]"))
  if (area instanceof HTMLTextAreaElement) complete(area);
