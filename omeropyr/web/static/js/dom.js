/** Building pages out of elements. All text goes in as text nodes: a name may hold `<b>` and stays a name. */

const SPRITE = new URL("../icons.svg", import.meta.url).href;
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {string | number | boolean | null | undefined | ((event: any) => void)} Attribute */
/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Make an element. A function under `onclick` and the like is added as a listener; `true` makes an empty attribute,
 * `false`, `null` and `undefined` none.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/**
 * Draw an icon of the sprite. It says nothing to a screen reader: its neighbour text or its button's name does.
 *
 * @param {string} name
 * @param {string} [extra] further classes
 */
export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Make a square button with an icon, its name spoken and shown on hover.
 *
 * @param {string} name of the icon
 * @param {string} label
 * @param {(event: MouseEvent) => void} onclick
 */
export function iconButton(name, label, onclick) {
  const attributes = { type: "button", class: "button button-quiet button-icon", title: label, "aria-label": label };
  return el("button", { ...attributes, onclick }, icon(name));
}

/**
 * Put a name on one line that gives way in the middle: endings tell files apart.
 *
 * @param {string} name
 * @param {number} [tail] characters at the end that always show
 */
export function middleEllipsis(name, tail = 7) {
  const characters = Array.from(name);
  const cut = characters.length > tail * 2 ? characters.length - tail : characters.length;
  return el(
    "span",
    { class: "middle", title: name },
    el("span", { class: "middle-head" }, characters.slice(0, cut).join("")),
    cut < characters.length && el("span", { class: "middle-tail" }, characters.slice(cut).join("")),
  );
}

/**
 * Say why a place is empty, or what went wrong in it, and what to do.
 *
 * @param {{icon: string, title: string, text?: string, alert?: boolean, small?: boolean}} what
 * @param {...Child} actions
 */
export function notice(what, ...actions) {
  return el(
    "div",
    { class: what.small ? "notice notice-small" : "notice", role: what.alert ? "alert" : null },
    icon(what.icon),
    el("strong", {}, what.title),
    what.text && el("p", {}, what.text),
    ...actions,
  );
}

/**
 * Say that something could not be loaded, with a button that tries again.
 *
 * @param {string} what "The images"
 * @param {unknown} error
 * @param {() => void} retry
 * @param {boolean} [small]
 */
export function failure(what, error, retry, small = false) {
  const text = error instanceof Error ? error.message : String(error);
  const button = el("button", { type: "button", class: "button", onclick: retry }, icon("rotate-cw"), "Try again");
  return notice({ icon: "triangle-alert", title: `${what} could not be loaded`, text, alert: true, small }, button);
}

/**
 * @template {HTMLElement} T
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T} the one element of the page; the template promises it
 */
export function need(selector, type) {
  const element = document.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`${selector} is missing on the page`);
  return element;
}
