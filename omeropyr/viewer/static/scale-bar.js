/** The scale bar: a round length in the world, as wide as fits. */

import { count, length } from "omeropyr/js/format.js";

const WIDEST = 160; // pixels
const STEPS = [5, 2.5, 2, 1];

/**
 * @param {number} most
 * @returns {number} the greatest of 1, 2, 2.5, 5 times a power of ten that is not above
 */
export function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * (STEPS.find((step) => step * power <= most) ?? 1);
}

/**
 * @param {HTMLElement} bar
 * @param {number | null} pixelSize micrometres; without it the bar counts pixels
 * @param {import("omeropyr/viewer/stage.js").Stage} stage
 */
export function startScaleBar(bar, pixelSize, stage) {
  const show = () => {
    const perPixel = (stage.view.getResolution() ?? 1) * (pixelSize ?? 1);
    const round = pixelSize ? roundLength(WIDEST * perPixel) : Math.max(1, roundLength(WIDEST * perPixel));
    bar.style.setProperty("--length", `${round / perPixel}px`);
    bar.replaceChildren(pixelSize ? length(round) : `${count(round)} px`);
  };
  stage.view.on("change:resolution", show);
  show();
}
