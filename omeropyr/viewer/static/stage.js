/** The surface the image lies on: pan, zoom, fit, and what is in view. */

import { OlMap, View } from "omeropyr/viewer/ol.js";

const CLOSEST = 1 / 16; // image pixels per screen pixel
const STEP = 2;
const GLIDE = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120;

/** @typedef {import("omeropyr/viewer/image-layer.js").ImageLayer} ImageLayer */
/** @typedef {import("omeropyr/viewer/link.js").Place} Place */

export class Stage {
  #extent;

  /**
   * @param {HTMLElement} target
   * @param {ImageLayer} image
   * @param {number[]} padding see `cover`
   */
  constructor(target, image, padding) {
    this.#extent = image.extent;
    const [, bottom, right] = image.extent;
    const farthest = Math.max(right, -bottom) / 64;
    this.view = new View({
      projection: image.projection,
      center: [right / 2, bottom / 2],
      extent: image.extent,
      constrainOnlyCenter: true,
      minResolution: CLOSEST,
      maxResolution: Math.max(farthest, 1),
      resolution: 1,
      enableRotation: false,
      padding,
      smoothResolutionConstraint: false,
    });
    this.map = new OlMap({ target, layers: [image.layer], view: this.view, controls: [] });
    this.map.on("loadstart", () => target.setAttribute("aria-busy", "true"));
    this.map.on("loadend", () => target.removeAttribute("aria-busy"));
    this.fit(0);
  }

  /** @returns {number} per cent of full size */
  get zoom() {
    return 100 / (this.view.getResolution() ?? 1);
  }

  /** @returns {Place} */
  get place() {
    const [x, y] = this.view.getCenter() ?? [0, 0];
    return { zoom: this.zoom, x, y: -y };
  }

  /** @param {Place} place */
  go(place) {
    this.view.setCenter([place.x, -place.y]);
    this.view.setResolution(100 / place.zoom);
  }

  /**
   * The middle of the view is the middle of what panels leave free.
   *
   * @param {number[]} padding top, right, bottom and left that panels cover, pixels
   */
  cover(padding) {
    this.view.padding = padding;
  }

  /** @param {number} [duration] Show all of the image, milliseconds */
  fit(duration = GLIDE) {
    this.view.fit(this.#extent, { duration, minResolution: CLOSEST });
  }

  /** @param {number} percent */
  zoomTo(percent) {
    this.view.animate({ resolution: 100 / percent, duration: GLIDE });
  }

  /** @param {1 | -1} direction 1 is closer */
  zoomBy(direction) {
    const resolution = this.view.getConstrainedResolution((this.view.getResolution() ?? 1) / STEP ** direction);
    this.view.animate({ resolution, duration: GLIDE });
  }

  /** @returns {Promise<void>} when all pictures in view are there */
  drawn() {
    return new Promise((resolve) => {
      this.map.once("rendercomplete", () => resolve());
      this.map.render();
    });
  }
}
