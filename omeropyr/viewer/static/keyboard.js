/** The keys of the viewer, and the list of them. */

import { el } from "omeropyr/js/dom.js";

/**
 * @typedef {object} Key
 * @property {string} key as the browser names it
 * @property {string} shown
 * @property {string} does
 * @property {() => void} run
 */

/**
 * @param {EventTarget | null} target
 * @returns {boolean} whether keys belong to the field that has the focus
 */
function isTyping(target) {
  return target instanceof HTMLInputElement && ["number", "text", "search", "color"].includes(target.type);
}

/**
 * @param {Key[]} keys
 * @param {(index: number) => void} digit called for 1 to 9, with 0 to 8
 */
export function startKeyboard(keys, digit) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (/^[1-9]$/.test(event.key)) {
      digit(Number(event.key) - 1);
      return;
    }
    const onButton = event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement;
    if (event.key === " " && (onButton || event.target instanceof HTMLInputElement)) return;
    const found = keys.find(({ key }) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}

/**
 * @param {HTMLElement} list
 * @param {{shown: string, does: string}[]} keys
 */
export function listKeys(list, keys) {
  const lines = keys.flatMap(({ shown, does }) => [
    el("dt", {}, ...shown.split(" ").map((part) => el("kbd", {}, part))),
    el("dd", {}, does),
  ]);
  list.replaceChildren(...lines);
}
