/** The window of a channel: two thumbs on one track and two number fields, all saying the same. */

import { el } from "omeropyr/js/dom.js";

/** @typedef {{start: number, end: number}} Range */

export class WindowSlider {
  #low;
  #high;
  #start;
  #end;
  #track;
  #least;
  #most;
  #step;

  /**
   * @param {string} label of the channel
   * @param {{min: number, max: number, float: boolean}} limits
   * @param {(range: Range) => void} changed
   */
  constructor(label, limits, changed) {
    this.#least = limits.min;
    this.#most = limits.max;
    this.#step = limits.float ? (limits.max - limits.min) / 1000 || 0.001 : 1;
    const bounds = { min: limits.min, max: limits.max, step: limits.float ? "any" : 1 };
    const thumb = { ...bounds, type: "range", class: "slider window-thumb" };
    this.#low = el("input", { ...thumb, "aria-label": `${label}: darkest value` });
    this.#high = el("input", { ...thumb, "aria-label": `${label}: brightest value` });
    const field = { type: "number", step: bounds.step, class: "input window-number" };
    this.#start = el("input", { ...field, "aria-label": `${label}: darkest value, number` });
    this.#end = el("input", { ...field, "aria-label": `${label}: brightest value, number` });
    this.#track = el("div", { class: "window-track" }, this.#low, this.#high);
    this.element = el(
      "div",
      { class: "window" },
      this.#track,
      el("div", { class: "window-numbers" }, this.#start, this.#end),
    );

    this.#low.addEventListener("input", () => changed(this.#ordered(Number(this.#low.value), null)));
    this.#high.addEventListener("input", () => changed(this.#ordered(null, Number(this.#high.value))));
    this.#start.addEventListener("change", () => changed(this.#ordered(Number(this.#start.value), null)));
    this.#end.addEventListener("change", () => changed(this.#ordered(null, Number(this.#end.value))));
  }

  /** @param {Range} range */
  show({ start, end }) {
    this.#range = { start, end };
    this.#low.value = String(start);
    this.#high.value = String(end);
    this.#start.value = String(this.#tidy(start));
    this.#end.value = String(this.#tidy(end));
    const span = this.#most - this.#least || 1;
    this.#track.style.setProperty("--from", String(Math.max(0, (start - this.#least) / span)));
    this.#track.style.setProperty("--to", String(Math.min(1, (end - this.#least) / span)));
  }

  /** @type {Range} */
  #range = { start: 0, end: 1 };

  /**
   * @param {number | null} start asked for, or null to keep it
   * @param {number | null} end
   * @returns {Range} the two in order: the one that moves stops at the other
   */
  #ordered(start, end) {
    const range = { start: this.#tidy(start ?? this.#range.start), end: this.#tidy(end ?? this.#range.end) };
    if (start !== null) range.start = Math.min(range.start, range.end - this.#step);
    else range.end = Math.max(range.end, range.start + this.#step);
    this.show(range);
    return range;
  }

  /** @param {number} value */
  #tidy(value) {
    return this.#step === 1 ? Math.round(value) : Number(value.toPrecision(5));
  }
}
