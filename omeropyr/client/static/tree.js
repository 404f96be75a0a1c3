/** The tree of projects and screens with what is in them: loads as it opens, works with the arrow keys. */

import { childrenOf, topContainers } from "omeropyr/client/data.js";
import { fillList } from "omeropyr/client/tree-list.js";

/** @typedef {import("omeropyr/client/data.js").Container} Container */
/** @typedef {import("omeropyr/client/data.js").Scope} Scope */

export class Tree {
  /** @type {WeakMap<HTMLElement, Container>} */
  #containers = new WeakMap();
  /** @type {WeakMap<HTMLElement, Promise<boolean>>} */
  #opened = new WeakMap();
  /** @type {Scope} */
  #scope = { owner: -1, group: -1 };
  #loading = new AbortController();
  #root;
  #select;

  /**
   * @param {HTMLElement} root with role tree
   * @param {(container: Container) => void} select called when a line is chosen
   */
  constructor(root, select) {
    this.#root = root;
    this.#select = select;
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("dblclick", (event) => {
      const item = this.#itemOf(event.target);
      if (item) this.#toggle(item);
    });
    root.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /**
   * Show the top of the tree anew.
   *
   * @param {Scope} scope
   * @returns {Promise<number>} how many lines there are; -1 if they could not be loaded
   */
  async show(scope) {
    this.#scope = scope;
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#root.replaceChildren();
    const loaded = await this.#fill(this.#root, 1, (page, signal) => topContainers(scope, page, signal));
    if (!loaded) return -1;
    const items = this.#items();
    if (items.length > 0) items[0].tabIndex = 0;
    return items.length;
  }

  /** @returns {Container[]} what the top of the tree holds */
  get top() {
    return [...this.#root.children].flatMap(({ firstElementChild }) => this.#containerOf(firstElementChild) ?? []);
  }

  /** @param {Element | null} item @returns {Container | undefined} */
  #containerOf(item) {
    return item instanceof HTMLElement ? this.#containers.get(item) : undefined;
  }

  /**
   * Open a project or a screen, and wait for what is in it.
   *
   * @param {string} type
   * @param {number} id
   */
  async openFolder(type, id) {
    const item = this.#find(`${type}-${id}`);
    if (item) await this.#open(item);
  }

  /**
   * @param {string} type
   * @param {number} id
   * @returns {Container | undefined} what is selected now, if the tree has loaded it
   */
  choose(type, id) {
    const item = this.#find(`${type}-${id}`);
    if (!item) return undefined;
    this.#mark(item);
    item.scrollIntoView({ block: "nearest" });
    return this.#containers.get(item);
  }

  /** @param {Container} container @returns {Container | undefined} the project or screen it lies in */
  parentOf(container) {
    const item = this.#find(`${container.type}-${container.id}`);
    return item ? this.#containerOf(this.#parentItem(item)) : undefined;
  }

  /**
   * @param {HTMLElement} list
   * @param {number} level
   * @param {import("omeropyr/client/tree-list.js").Load} load
   */
  #fill(list, level, load) {
    /** @type {(item: HTMLElement, container: Container) => void} */
    const added = (item, container) => {
      this.#containers.set(item, container);
    };
    return fillList({ list, level, load, added, signal: this.#loading.signal });
  }

  /** @param {string} key @returns {HTMLElement | null} */
  #find(key) {
    return this.#root.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }

  /** @param {EventTarget | null} target @returns {HTMLElement | null} */
  #itemOf(target) {
    return target instanceof Element ? target.closest("[role=treeitem]") : null;
  }

  /** @returns {HTMLElement[]} the lines that can be seen, in order */
  #items() {
    /** @type {NodeListOf<HTMLElement>} */
    const all = this.#root.querySelectorAll("[role=treeitem]");
    return [...all].filter((item) => !item.parentElement?.closest("[hidden]"));
  }

  /** @param {HTMLElement} item @returns {HTMLElement | null} the line of the folder above it */
  #parentItem(item) {
    const above = item.closest("[role=group]")?.previousElementSibling;
    return above instanceof HTMLElement ? above : null;
  }

  /** @param {HTMLElement} item @returns {HTMLElement | null} the list below a folder */
  #groupOf(item) {
    return item.nextElementSibling instanceof HTMLElement ? item.nextElementSibling : null;
  }

  /** @param {HTMLElement} item */
  #open(item) {
    const group = this.#groupOf(item);
    const container = this.#containers.get(item);
    if (!group || !container) return Promise.resolve(false);
    item.setAttribute("aria-expanded", "true");
    group.hidden = false;
    let opened = this.#opened.get(item);
    if (!opened) {
      opened = this.#fill(group, 2, (page, signal) => childrenOf(container, this.#scope, page, signal));
      this.#opened.set(item, opened);
    }
    return opened;
  }

  /** @param {HTMLElement} item */
  #close(item) {
    const group = this.#groupOf(item);
    if (!group) return;
    if (group.contains(document.activeElement)) item.focus();
    item.setAttribute("aria-expanded", "false");
    group.hidden = true;
  }

  /** @param {HTMLElement} item */
  #toggle(item) {
    if (item.getAttribute("aria-expanded") === "true") this.#close(item);
    else this.#open(item);
  }

  /** @param {HTMLElement} item */
  #mark(item) {
    for (const other of this.#root.querySelectorAll("[aria-selected=true]"))
      other.setAttribute("aria-selected", "false");
    for (const other of this.#root.querySelectorAll("[tabindex='0']")) other.setAttribute("tabindex", "-1");
    item.setAttribute("aria-selected", "true");
    item.tabIndex = 0;
  }

  /** @param {HTMLElement} item */
  #chosen(item) {
    const container = this.#containers.get(item);
    if (!container) return;
    this.#mark(item);
    this.#select(container);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const item = this.#itemOf(event.target);
    if (!item || !(event.target instanceof Element)) return;
    if (event.target.closest(".tree-chevron")) {
      this.#toggle(item);
      return;
    }
    item.focus();
    this.#chosen(item);
    if (item.getAttribute("aria-expanded") === "false") this.#open(item);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const item = this.#itemOf(event.target);
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = this.#items();
    const at = items.indexOf(item);
    const expanded = item.getAttribute("aria-expanded");
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowDown: () => this.#go(items[at + 1]),
      ArrowUp: () => this.#go(items[at - 1]),
      Home: () => this.#go(items[0]),
      End: () => this.#go(items[items.length - 1]),
      ArrowRight: () => (expanded === "false" ? this.#open(item) : expanded && this.#go(items[at + 1])),
      ArrowLeft: () => (expanded === "true" ? this.#close(item) : this.#go(this.#parentItem(item))),
      Enter: () => this.#chosen(item),
      " ": () => this.#chosen(item),
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    moves[event.key]();
  }

  /** @param {HTMLElement | null | undefined} item */
  #go(item) {
    if (!item) return;
    item.focus();
    this.#chosen(item);
  }
}
