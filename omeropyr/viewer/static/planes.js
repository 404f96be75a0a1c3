/** The sliders of Z and T, and playing T. */

import { icon, need } from "omeropyr/js/dom.js";

const FRAME = 160; // milliseconds between time points, at least

/** @typedef {import("omeropyr/viewer/settings.js").Settings} Settings */
/** @typedef {import("omeropyr/viewer/stage.js").Stage} Stage */

/**
 * @param {"z" | "t"} axis
 * @param {number} size
 * @param {Settings} settings
 */
function startSlider(axis, size, settings) {
  const panel = need(`#${axis}-panel`, HTMLElement);
  const slider = need(`#${axis}-slider`, HTMLInputElement);
  const text = need(`#${axis}-text`, HTMLElement);
  panel.hidden = size < 2;
  slider.max = String(size);
  const show = () => {
    slider.value = String(settings[axis] + 1);
    slider.setAttribute("aria-valuetext", `${settings[axis] + 1} of ${size}`);
    text.textContent = `${settings[axis] + 1}/${size}`;
  };
  slider.addEventListener("input", () => settings.setPlane({ [axis]: Number(slider.value) - 1 }));
  settings.addEventListener("change", show);
  show();
}

export class Planes {
  #playing = false;
  #button = need("#play", HTMLButtonElement);
  #settings;
  #size;
  #stage;

  /**
   * @param {Settings} settings
   * @param {{z: number, t: number}} size
   * @param {Stage} stage
   */
  constructor(settings, size, stage) {
    this.#settings = settings;
    this.#size = size;
    this.#stage = stage;
    startSlider("z", size.z, settings);
    startSlider("t", size.t, settings);
    this.#button.addEventListener("click", () => this.toggle());
  }

  /** Play or stop. */
  toggle() {
    if (this.#size.t < 2) return;
    this.#playing = !this.#playing;
    const label = this.#playing ? "Stop" : "Play";
    this.#button.replaceChildren(icon(this.#playing ? "pause" : "play"));
    this.#button.setAttribute("aria-label", label);
    this.#button.title = `${label} (space)`;
    if (this.#playing) this.#play();
  }

  /** Show one time point after the other, each when its pictures are there. */
  async #play() {
    while (this.#playing) {
      const pause = new Promise((resolve) => setTimeout(resolve, FRAME));
      this.#settings.setPlane({ t: (this.#settings.t + 1) % this.#size.t });
      await Promise.all([pause, this.#stage.drawn()]);
    }
  }
}
