/** Filling a list of the tree: page by page, with what says that it is empty or could not be loaded. */

import { treeNode, treeSkeleton } from "omeropyr/client/tree-node.js";
import { isAbort } from "omeropyr/js/api.js";
import { el, failure, notice } from "omeropyr/js/dom.js";

/** @typedef {import("omeropyr/client/data.js").Container} Container */
/** @typedef {(page: number, signal: AbortSignal) => Promise<{items: Container[], more: boolean}>} Load */

/**
 * @typedef {object} Filling
 * @property {HTMLElement} list
 * @property {number} level of its lines, from 1
 * @property {Load} load pages from 1
 * @property {(item: HTMLElement, container: Container) => void} added called for every new treeitem
 * @property {AbortSignal} signal
 */

/**
 * Put a page into a list, or say why not.
 *
 * @param {Filling} filling
 * @param {number} [page]
 * @returns {Promise<boolean>} whether it was loaded
 */
export async function fillList(filling, page = 1) {
  const { list, level, load, added, signal } = filling;
  const first = level === 1 && page === 1;
  const waiting = Array.from({ length: first ? 6 : 2 }, treeSkeleton);
  list.append(...waiting);
  try {
    const { items, more } = await load(page, signal);
    for (const line of waiting) line.remove();
    for (const container of items) {
      const { line, item } = treeNode(container, level);
      added(item, container);
      list.append(line);
    }
    if (more) list.append(moreLine(filling, page + 1));
    if (first && items.length === 0) list.append(emptyLine());
    return true;
  } catch (error) {
    for (const line of waiting) line.remove();
    if (!isAbort(error)) list.append(failedLine(filling, page, error));
    return false;
  }
}

/** @returns {HTMLLIElement} */
function emptyLine() {
  const text = "Projects, datasets and screens show up here. Import images to see them.";
  return el("li", { role: "none" }, notice({ icon: "folder", title: "Nothing here yet", text, small: true }));
}

/**
 * @param {Filling} filling
 * @param {number} page
 */
function moreLine(filling, page) {
  const line = el("li", { role: "none", class: "tree-more" });
  const onclick = () => {
    line.remove();
    fillList(filling, page);
  };
  line.append(el("button", { type: "button", class: "button button-quiet", onclick }, "Show more"));
  return line;
}

/**
 * @param {Filling} filling
 * @param {number} page
 * @param {unknown} error
 */
function failedLine(filling, page, error) {
  const what = filling.level === 1 ? "Projects and screens" : "Its contents";
  const line = el("li", { role: "none" });
  const retry = () => {
    line.remove();
    fillList(filling, page);
  };
  line.append(failure(what, error, retry, true));
  return line;
}
