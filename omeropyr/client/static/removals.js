/** Removing with second thoughts: it is gone from the page at once, and from the server when nobody wanted it back. */

import { el, icon } from "omeropyr/js/dom.js";

const PATIENCE = 8000;

/**
 * @typedef {object} Removal
 * @property {string} text "Tag mitosis removed"
 * @property {string} key which line it is: `data-removable` of the element that is hidden meanwhile
 * @property {(leaving: boolean) => Promise<void>} carryOut removes it on the server; `leaving` where the page goes
 */

/** @type {Set<{finish: (leaving: boolean) => Promise<void>}>} */
const open = new Set();

/** Lines that are gone from the page, and not yet, or not any more, from the server. @type {Set<string>} */
const gone = new Set();

const place = el("div", { class: "toasts", role: "status", "aria-live": "polite" });
document.body.append(place);

/**
 * Offer to undo for 8 s; then carry the removal out. What the server refuses comes back, with its reason.
 *
 * @param {Removal} removal
 */
export function removeSoon(removal) {
  gone.add(removal.key);
  hideRemoved();
  const undo = el("button", { type: "button", class: "button button-quiet" }, icon("rotate-ccw"), "Undo");
  const toast = el("div", { class: "toast" }, el("span", {}, removal.text), undo);
  const entry = { finish };
  const timer = setTimeout(() => finish(false), PATIENCE);

  function close() {
    clearTimeout(timer);
    open.delete(entry);
    toast.remove();
  }

  /** @param {boolean} leaving */
  function finish(leaving) {
    close();
    return removal.carryOut(leaving).catch((error) => {
      restore(removal.key);
      tell(`Not done: ${error instanceof Error ? error.message : error}`);
    });
  }

  undo.addEventListener("click", () => {
    close();
    restore(removal.key);
  });
  open.add(entry);
  place.append(toast);
}

/** @param {string} text that stays until it is closed */
function tell(text) {
  const close = el(
    "button",
    { type: "button", class: "button button-quiet button-icon", "aria-label": "Close" },
    icon("x"),
  );
  const toast = el(
    "div",
    { class: "toast toast-danger", role: "alert" },
    icon("triangle-alert"),
    el("span", {}, text),
    close,
  );
  close.addEventListener("click", () => toast.remove());
  place.append(toast);
}

/** @param {string} key */
function restore(key) {
  gone.delete(key);
  const lines = document.querySelectorAll(`[data-removable="${key}"]`);
  for (const line of lines) if (line instanceof HTMLElement) line.hidden = false;
}

/** @param {string} key @returns {boolean} whether the line was removed and nobody wanted it back */
export function isRemoved(key) {
  return gone.has(key);
}

/** @param {string} key what was removed is there again */
export function forgetRemoved(key) {
  gone.delete(key);
}

/** Hide lines of the page that were removed; to be called when they are drawn anew. */
export function hideRemoved() {
  for (const line of document.querySelectorAll("[data-removable]")) {
    if (line instanceof HTMLElement) line.hidden = gone.has(line.dataset.removable ?? "");
  }
}

/**
 * No more second thoughts: carry out all that is waiting.
 *
 * @param {boolean} [leaving]
 */
export async function settleRemovals(leaving = false) {
  await Promise.all([...open].map((entry) => entry.finish(leaving)));
}

addEventListener("pagehide", () => settleRemovals(true));
