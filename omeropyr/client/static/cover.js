/** The picture on the card of a project, dataset, screen or plate: its first image, fetched when the card comes into view. */

import { firstImage, thumbnail } from "omeropyr/client/data.js";
import { el } from "omeropyr/js/dom.js";

const SIZE = 192;

/** @typedef {import("omeropyr/client/data.js").Container} Container */

/** @type {WeakMap<Element, Container>} */
const waiting = new WeakMap();

const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      const container = waiting.get(target);
      if (!isIntersecting || !container) continue;
      observer.unobserve(target);
      waiting.delete(target);
      show(target, container);
    }
  },
  { rootMargin: "200px" },
);

/**
 * Put a cover on a frame as soon as it is seen.
 *
 * @param {HTMLElement} frame
 * @param {Container} container
 */
export function coverLater(frame, container) {
  if (container.count === 0 && container.type !== "plate") return;
  waiting.set(frame, container);
  observer.observe(frame);
}

/**
 * @param {Element} frame
 * @param {Container} container
 */
async function show(frame, container) {
  const image = await firstImage(container).catch(() => undefined); // a card without a cover is good enough
  if (image === undefined) return;
  const picture = el("img", { class: "card-picture", alt: "", draggable: "false" });
  picture.addEventListener("load", () => {
    frame.classList.add("thumb-covered");
    frame.prepend(picture);
  });
  picture.src = thumbnail(image, SIZE);
}
