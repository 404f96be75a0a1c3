/** On narrow pages the tree is a drawer and the details are a sheet; one is open at a time. */

import { need } from "omeropyr/js/dom.js";

/** @typedef {"tree" | "details"} Sheet */

const TREE_IS_DRAWER = "(max-width: 639px)";
const DETAILS_BY_TOUCH = "(max-width: 639px), (max-width: 999px) and (pointer: coarse)";

export class Sheets {
  #page = need("#browse", HTMLElement);
  /** @type {HTMLElement | null} */
  #back = null;

  constructor() {
    for (const button of document.querySelectorAll("[data-sheet]")) {
      button.addEventListener("click", () => {
        const own = button instanceof HTMLElement && button.dataset.sheet;
        if (own === "tree" || own === "details") this.toggle(own);
        else this.close();
      });
    }
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#page.dataset.open) this.close();
    });
  }

  /** @param {Sheet} sheet */
  toggle(sheet) {
    if (this.#page.dataset.open === sheet) this.close();
    else this.open(sheet);
  }

  /** @param {Sheet} sheet */
  open(sheet) {
    this.#back = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.#page.dataset.open = sheet;
    const panel = need(`#${sheet}-panel`, HTMLElement);
    for (const other of this.#page.children) {
      if (other instanceof HTMLElement) other.inert = other !== panel && !other.matches(".veil");
    }
    panel.querySelector("button")?.focus();
  }

  /** Close what is open; the focus goes back to where it came from. */
  close() {
    if (!this.#page.dataset.open) return;
    delete this.#page.dataset.open;
    for (const other of this.#page.children) if (other instanceof HTMLElement) other.inert = false;
    this.#back?.focus();
    this.#back = null;
  }

  /** @returns {boolean} whether the tree covers the page when open */
  get treeCovers() {
    return matchMedia(TREE_IS_DRAWER).matches;
  }

  /** @returns {boolean} whether choosing an image should bring the details up: on a phone, or by touch */
  get detailsOnTouch() {
    return matchMedia(DETAILS_BY_TOUCH).matches;
  }
}
