/** One line of the tree and the list below it. */

import { KINDS } from "omeropyr/client/kinds.js";
import { el, icon, middleEllipsis } from "omeropyr/js/dom.js";
import { count, plural } from "omeropyr/js/format.js";

/** @typedef {import("omeropyr/client/data.js").Container} Container */

/**
 * @param {Container} container
 * @param {number} level from 1
 * @returns {HTMLLIElement} a treeitem; a project has an empty group to be filled
 */
export function treeNode(container, level) {
  const kind = KINDS[container.type];
  const opens = container.type === "project";
  const inside = plural(container.count, opens ? "dataset" : "image");
  const chevron =
    opens && container.count > 0 ? icon("chevron-right", "tree-chevron") : el("span", { class: "tree-gap" });
  const row = el(
    "div",
    { class: "tree-row" },
    chevron,
    icon(kind.icon),
    middleEllipsis(container.name),
    el("span", { class: "tree-count", "aria-hidden": "true" }, count(container.count)),
  );
  const group = opens && container.count > 0 && el("ul", { role: "group", hidden: true });
  return el(
    "li",
    {
      role: "treeitem",
      "aria-level": level,
      "aria-expanded": group ? "false" : null,
      "aria-selected": "false",
      "aria-label": `${kind.word} ${container.name}, ${inside}`,
      tabindex: -1,
      "data-key": `${container.type}-${container.id}`,
    },
    row,
    group,
  );
}

/** @returns {HTMLLIElement} a line in the final size that waits for its content */
export function treeSkeleton() {
  return el("li", { role: "none", class: "tree-skeleton" }, el("span", { class: "skeleton" }));
}
