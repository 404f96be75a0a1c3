/** One square card: a thumbnail, or a folder, with its name in one line. */

import { coverLater } from "omeropyr/client/cover.js";
import { thumbnail } from "omeropyr/client/data.js";
import { KINDS } from "omeropyr/client/kinds.js";
import { el, icon, middleEllipsis } from "omeropyr/js/dom.js";
import { plural } from "omeropyr/js/format.js";

const THUMBNAIL = 192;

/** @typedef {import("omeropyr/client/data.js").Container} Container */
/** @typedef {import("omeropyr/client/data.js").ImageItem} ImageItem */

/**
 * @param {ImageItem} image
 * @returns {HTMLElement} an option of the grid
 */
export function imageCard(image) {
  const picture = el("img", {
    class: "card-picture",
    src: thumbnail(image.id, THUMBNAIL),
    alt: "",
    loading: "lazy",
    decoding: "async",
    draggable: "false",
  });
  const frame = el("span", { class: "thumb-frame" }, picture);
  picture.addEventListener("error", () => {
    frame.replaceChildren(icon("image-off", "icon-large"), el("span", { class: "small" }, "No preview"));
  });
  return option(`image-${image.id}`, image.name, frame, middleEllipsis(image.name));
}

/**
 * @param {Container} container
 * @returns {HTMLElement} an option of the grid
 */
export function folderCard(container) {
  const kind = KINDS[container.type];
  const inside = container.type === "plate" ? kind.word : plural(container.count, kind.holds);
  const holds = el("span", { class: "thumb-holds small" }, icon(kind.icon), el("span", {}, inside));
  const frame = el("span", { class: "thumb-frame thumb-folder" }, holds);
  coverLater(frame, container);
  // The name comes first, as in the label, for those who say aloud what they see; the style puts it below the frame.
  return option(
    `${container.type}-${container.id}`,
    `${container.name}, ${inside}`,
    middleEllipsis(container.name),
    new Text(" "),
    frame,
  );
}

/**
 * @param {string} key
 * @param {string} label
 * @param {...Node} content
 */
function option(key, label, ...content) {
  const attributes = { role: "option", class: "thumb", "data-key": key, "aria-label": label, "aria-selected": "false" };
  return el("div", { ...attributes, tabindex: -1 }, ...content);
}

/** @returns {HTMLElement} a card in the final size that waits for its content */
export function cardSkeleton() {
  return el(
    "div",
    { class: "thumb thumb-waiting", "aria-hidden": "true" },
    el("span", { class: "thumb-frame skeleton" }),
  );
}
