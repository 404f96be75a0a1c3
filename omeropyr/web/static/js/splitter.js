/** A bar between two panels: drag, arrow keys, double click back to the first width; the width is remembered. */

import { forget, recall, remember } from "omeropyr/js/memory.js";

const STEP = 16;

/**
 * @typedef {object} SplitterOptions
 * @property {string} name under which the width is remembered
 * @property {string} property custom property that holds the width, `--tree`
 * @property {1 | -1} grows 1 if moving right makes the panel wider
 * @property {number} width at first
 * @property {number} least
 * @property {number} most
 */

/**
 * @param {HTMLElement} bar with role separator
 * @param {SplitterOptions} options
 */
export function startSplitter(bar, options) {
  const root = document.documentElement;
  let width = Number(recall(options.name, "")) || options.width;

  /** @param {number} wanted */
  const set = (wanted) => {
    width = Math.round(Math.min(options.most, Math.max(options.least, wanted)));
    root.style.setProperty(options.property, `${width}px`);
    bar.setAttribute("aria-valuenow", String(width));
  };
  const keep = () => remember(options.name, String(width));

  bar.setAttribute("aria-valuemin", String(options.least));
  bar.setAttribute("aria-valuemax", String(options.most));
  set(width);

  bar.addEventListener("pointerdown", (event) => {
    const from = event.clientX;
    const before = width;
    bar.setPointerCapture(event.pointerId);
    /** @param {PointerEvent} move */
    const drag = (move) => set(before + options.grows * (move.clientX - from));
    bar.addEventListener("pointermove", drag);
    bar.addEventListener(
      "lostpointercapture",
      () => {
        bar.removeEventListener("pointermove", drag);
        keep();
      },
      { once: true },
    );
    event.preventDefault();
  });
  bar.addEventListener("dblclick", () => {
    forget(options.name);
    set(options.width);
  });
  bar.addEventListener("keydown", (event) => {
    const direction = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (direction === 0) return;
    event.preventDefault();
    set(width + direction * options.grows * STEP);
    keep();
  });
}
