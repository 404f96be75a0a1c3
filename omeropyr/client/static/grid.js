/** The grid of cards: loads further pages as it is scrolled, selects with the mouse and the keyboard. */

import { cardSkeleton } from "omeropyr/client/card.js";
import { isAbort } from "omeropyr/js/api.js";
import { failure } from "omeropyr/js/dom.js";

/**
 * What a grid shows.
 *
 * @template T
 * @typedef {object} GridContent
 * @property {(page: number, signal: AbortSignal) => Promise<{items: T[], more: boolean}>} load pages from 1
 * @property {(item: T) => HTMLElement} card
 * @property {number} expected how many there will be, as far as known
 * @property {HTMLElement} empty shown when there is nothing
 * @property {string} what "The images"
 * @property {(items: T[]) => void} select called with all selected items
 * @property {(item: T) => void} open
 */

/** @template T */
export class Grid {
  /** @type {{item: T, card: HTMLElement}[]} */
  #cards = [];
  /** @type {Set<number>} */
  #selected = new Set();
  #anchor = 0;
  #page = 0;
  #more = false;
  #busy = false;
  #loading = new AbortController();
  /** @type {GridContent<T> | null} */
  #content = null;
  #root;
  #end;

  /**
   * @param {HTMLElement} root with role listbox
   * @param {HTMLElement} end an element below it: when it comes near, the next page is loaded
   */
  constructor(root, end) {
    this.#root = root;
    this.#end = end;
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("dblclick", (event) => this.#opened(this.#indexOf(event.target)));
    root.addEventListener("keydown", (event) => this.#pressed(event));
    new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting) && this.#more) this.#next();
      },
      { rootMargin: "600px" },
    ).observe(end);
  }

  /**
   * Show something else.
   *
   * @param {GridContent<T>} content
   */
  async show(content) {
    this.clear();
    this.#content = content;
    await this.#next();
  }

  /** Empty the grid and give up what is on its way. */
  clear() {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#content = null;
    this.#cards = [];
    this.#selected.clear();
    this.#page = 0;
    this.#more = false;
    this.#busy = false;
    this.#anchor = 0;
    this.#root.replaceChildren();
    this.#end.replaceChildren();
  }

  /**
   * Select cards by their keys and bring the first into view.
   *
   * @param {string[]} keys `image-2`
   * @returns {boolean} whether any is there
   */
  choose(keys) {
    const indices = keys
      .map((key) => this.#cards.findIndex(({ card }) => card.dataset.key === key))
      .filter((index) => index >= 0);
    if (indices.length === 0) return false;
    this.#anchor = indices[0];
    this.#mark(indices, indices[0]);
    this.#cards[indices[0]].card.scrollIntoView({ block: "nearest" });
    return true;
  }

  async #next() {
    const content = this.#content;
    if (!content || this.#busy) return;
    this.#busy = true;
    this.#more = false;
    const { signal } = this.#loading;
    const waiting = Array.from({ length: Math.min(content.expected - this.#cards.length, 40) }, cardSkeleton);
    this.#root.append(...waiting);
    this.#end.replaceChildren();
    try {
      const { items, more } = await content.load(this.#page + 1, signal);
      if (signal.aborted) return;
      this.#page += 1;
      this.#more = more;
      for (const card of waiting) card.remove();
      this.#add(items, content);
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      for (const card of waiting) card.remove();
      this.#end.replaceChildren(
        failure(content.what, error, () => {
          this.#busy = false;
          this.#next();
        }),
      );
      return;
    }
    this.#busy = false;
  }

  /**
   * @param {T[]} items
   * @param {GridContent<T>} content
   */
  #add(items, content) {
    const fresh = items.map((item) => ({ item, card: content.card(item) }));
    this.#cards.push(...fresh);
    this.#root.append(...fresh.map(({ card }) => card));
    if (this.#cards.length === 0) this.#end.replaceChildren(content.empty);
    else if (this.#selected.size === 0) this.#cards[0].card.tabIndex = 0;
  }

  /** @param {EventTarget | null} target @returns {number} -1 if it is no card */
  #indexOf(target) {
    const card = target instanceof Element ? target.closest(".thumb") : null;
    return this.#cards.findIndex((entry) => entry.card === card);
  }

  /** @param {number} index */
  #opened(index) {
    if (index >= 0) this.#content?.open(this.#cards[index].item);
  }

  /**
   * @param {Iterable<number>} indices
   * @param {number} focus
   */
  #mark(indices, focus) {
    const next = new Set(indices);
    for (const index of this.#selected) if (!next.has(index)) this.#cards[index].card.ariaSelected = "false";
    for (const index of next) this.#cards[index].card.ariaSelected = "true";
    this.#selected = next;
    for (const card of this.#root.querySelectorAll("[tabindex='0']")) card.setAttribute("tabindex", "-1");
    this.#cards[focus].card.tabIndex = 0;
    const items = [...next].sort((a, b) => a - b).map((index) => this.#cards[index].item);
    this.#content?.select(items);
  }

  /**
   * @param {number} index
   * @param {{shiftKey: boolean, ctrlKey: boolean, metaKey: boolean}} keys
   */
  #choose(index, keys) {
    if (keys.shiftKey) {
      const [from, to] = [Math.min(this.#anchor, index), Math.max(this.#anchor, index)];
      this.#mark(
        Array.from({ length: to - from + 1 }, (_, offset) => from + offset),
        index,
      );
      return;
    }
    this.#anchor = index;
    const next = keys.ctrlKey || keys.metaKey ? new Set(this.#selected) : new Set([index]);
    if (keys.ctrlKey || keys.metaKey) {
      if (!next.delete(index)) next.add(index);
    }
    this.#mark(next, index);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const index = this.#indexOf(event.target);
    if (index < 0) return;
    this.#cards[index].card.focus();
    this.#choose(index, event);
  }

  /** @returns {number} cards in a row */
  #columns() {
    const top = this.#cards[0].card.offsetTop;
    const second = this.#cards.findIndex(({ card }) => card.offsetTop > top);
    return second < 0 ? this.#cards.length : second;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const at = this.#indexOf(event.target);
    if (at < 0) return;
    if (event.key === "Enter") {
      this.#opened(at);
      return;
    }
    if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#mark(this.#cards.keys(), at);
      return;
    }
    /** @type {Record<string, () => number>} */
    const moves = {
      ArrowRight: () => at + 1,
      ArrowLeft: () => at - 1,
      ArrowDown: () => at + this.#columns(),
      ArrowUp: () => at - this.#columns(),
      Home: () => 0,
      End: () => this.#cards.length - 1,
      " ": () => at,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const next = moves[event.key]();
    if (next < 0 || next >= this.#cards.length) return;
    this.#cards[next].card.focus();
    this.#choose(next, { shiftKey: event.shiftKey, ctrlKey: event.key === " " && event.ctrlKey, metaKey: false });
  }
}
