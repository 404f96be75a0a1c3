/** Tabs of the right and the centre panel: what add-ons show of the selection, beside what is shown anyway. */

import { el, need, notice } from "omeropyr/js/dom.js";

/** @typedef {{id: string, title: string, url: string, where: string, supports: string[]}} PanelItem */
/** @typedef {{type: string, id: number}} Selected */

const MOST = 300; // more do not fit into an address

/**
 * @param {string[]} supports OMERO.web's words: `image` is exactly one, `images` one or more
 * @param {Selected[]} selection
 */
export function isFor(supports, selection) {
  const types = new Set(selection.map(({ type }) => type));
  if (types.size !== 1) return false;
  const [type] = types;
  return supports.includes(`${type}s`) || (selection.length === 1 && supports.includes(type));
}

/**
 * @param {string} url
 * @param {Selected[]} selection
 * @returns {string} the page's address with `image=1&image=2`
 */
export function addressOf(url, selection) {
  return `${url}${url.includes("?") ? "&" : "?"}${selection.map(({ type, id }) => `${type}=${id}`).join("&")}`;
}

/** The tabs above *own*, which stays the first of them. They show while a panel is for what is selected. */
export class Tabs {
  #own;
  #panels;
  #list;
  #frame = el("div", { class: "tab-frame", role: "tabpanel", tabindex: "-1", hidden: true });
  /** @type {Selected[]} */
  #selection = [];
  #wanted = "";
  #shown = "";

  /**
   * @param {HTMLElement} own
   * @param {string} title of it
   * @param {PanelItem[]} panels
   */
  constructor(own, title, panels) {
    this.#own = own;
    this.#panels = panels;
    this.#list = el("div", { class: "tabs", role: "tablist", "aria-label": title, hidden: true });
    this.#list.addEventListener("keydown", (event) => this.#move(event));
    this.#list.append(this.#tab("", title), ...panels.map((panel) => this.#tab(panel.id, panel.title)));
    own.id ||= `own-${title.toLowerCase()}`;
    this.#frame.id = `${own.id}-frame`;
    if (panels.length === 0) return;
    own.before(this.#list);
    own.after(this.#frame);
    this.#choose("");
  }

  /** @param {Selected[]} selection */
  select(selection) {
    this.#selection = selection;
    this.#shown = "";
    this.#choose(this.#wanted);
  }

  /**
   * @param {string} id
   * @param {string} title
   */
  #tab(id, title) {
    const onclick = () => {
      this.#wanted = id;
      this.#choose(id);
    };
    return el("button", { type: "button", class: "tab", role: "tab", "data-panel": id, onclick }, title);
  }

  /** @param {string} wanted the panel's id; one that is not for the selection gives way to our own */
  #choose(wanted) {
    const offered = this.#panels.filter(({ supports }) => isFor(supports, this.#selection));
    const panel = offered.find(({ id }) => id === wanted);
    this.#list.hidden = offered.length === 0;
    for (const tab of this.#tabs()) {
      const own = tab.dataset.panel ?? "";
      const current = own === (panel?.id ?? "");
      tab.hidden = own !== "" && !offered.some(({ id }) => id === own);
      tab.tabIndex = current ? 0 : -1;
      tab.setAttribute("aria-selected", String(current));
      tab.setAttribute("aria-controls", own === "" ? this.#own.id : this.#frame.id);
    }
    this.#own.hidden = panel !== undefined;
    this.#frame.hidden = panel === undefined;
    if (panel) this.#load(panel);
    else this.#frame.replaceChildren();
    this.#shown = panel?.id ?? "";
  }

  /** @param {PanelItem} panel */
  #load(panel) {
    if (panel.id === this.#shown) return;
    if (this.#selection.length > MOST) {
      const text = `Select at most ${MOST}.`;
      this.#frame.replaceChildren(notice({ icon: "info", title: "Too many selected", text }));
      return;
    }
    // A new frame each time: to give one another address would be a step of the browser's history.
    const src = addressOf(panel.url, this.#selection);
    this.#frame.replaceChildren(el("iframe", { src, title: panel.title }));
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const tabs = this.#tabs().filter((tab) => !tab.hidden);
    const place = tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const steps = new Map([
      ["ArrowRight", (place + 1) % tabs.length],
      ["ArrowLeft", (place + tabs.length - 1) % tabs.length],
      ["Home", 0],
      ["End", tabs.length - 1],
    ]);
    const next = steps.get(event.key);
    if (next === undefined) return;
    event.preventDefault();
    tabs[next].focus();
    tabs[next].click();
  }

  /** @returns {HTMLElement[]} */
  #tabs() {
    return Array.from(this.#list.querySelectorAll("[role=tab]")).filter((tab) => tab instanceof HTMLElement);
  }
}

/** @returns {(selection: Selected[]) => void} tells the tabs of both places what is selected */
export function startTabs() {
  /** @type {PanelItem[]} */
  const panels = JSON.parse(need("#browse", HTMLElement).dataset.panels ?? "[]");
  const at = (/** @type {string} */ place) => panels.filter(({ where }) => where === place);
  const tabs = [
    new Tabs(need("#details-panel > .panel-scroll", HTMLElement), "Details", at("right")),
    new Tabs(need(".centre-scroll", HTMLElement), "Thumbnails", at("center")),
  ];
  return (selection) => {
    for (const one of tabs) one.select(selection);
  };
}
