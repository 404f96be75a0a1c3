/** One line of the tree and the list below it. */

import { isFolder, KINDS } from "omeropyr/client/kinds.js";
import { el, icon, middleEllipsis } from "omeropyr/js/dom.js";
import { count, plural } from "omeropyr/js/format.js";

/** @typedef {import("omeropyr/client/data.js").Container} Container */

/**
 * @param {Container} container
 * @param {number} level from 1
 * @returns {{line: HTMLLIElement, item: HTMLElement}} the line, and the treeitem in it; a project's or screen's line
 *   ends with an empty group to be filled
 */
export function treeNode(container, level) {
  const kind = KINDS[container.type];
  const opens = isFolder(container.type) && container.count > 0;
  const inside = plural(container.count, kind.holds);
  const item = el(
    "div",
    {
      role: "treeitem",
      class: "tree-row",
      "aria-level": level,
      "aria-expanded": opens ? "false" : null,
      "aria-selected": "false",
      tabindex: -1,
      "data-key": `${container.type}-${container.id}`,
    },
    opens ? icon("chevron-right", "tree-chevron") : el("span", { class: "tree-gap" }),
    icon(kind.icon),
    el("span", { class: "visually-hidden" }, `${kind.word} `),
    middleEllipsis(container.name),
    container.type !== "plate" && el("span", { class: "tree-count", title: inside }, count(container.count)),
  );
  const line = el("li", { role: "none" }, item, opens && el("ul", { role: "group", hidden: true }));
  return { line, item };
}

/** @returns {HTMLLIElement} a line in the final size that waits for its content */
export function treeSkeleton() {
  return el("li", { role: "none", class: "tree-skeleton" }, el("span", { class: "skeleton" }));
}
