/** The strip of channel cards. */

import { el, iconButton } from "omeropyr/js/dom.js";
import { WindowSlider } from "omeropyr/viewer/window-slider.js";

/** @typedef {import("omeropyr/viewer/settings.js").ChannelState} ChannelState */
/** @typedef {import("omeropyr/viewer/settings.js").Settings} Settings */

/** One card: swatch, name, switch, window. */
class ChannelCard {
  #color;
  #invert;
  #switch;
  #window;

  /**
   * @param {ChannelState} channel
   * @param {number} index from 0
   * @param {Settings} settings
   */
  constructor(channel, index, settings) {
    const name = channel.label || `Channel ${index + 1}`;
    this.#color = el("input", {
      type: "color",
      class: "channel-color",
      "aria-label": `${name}: colour`,
      title: "Colour",
    });
    this.#switch = el("input", {
      type: "checkbox",
      role: "switch",
      class: "switch",
      "aria-label": `${name}: show`,
      title: index < 9 ? `Show (${index + 1})` : "Show",
    });
    this.#invert = iconButton("contrast", `${name}: invert`, () => {
      settings.setChannel(index, { inverted: !settings.channels[index].inverted });
    });
    const limits = { min: channel.min, max: channel.max, float: settings.float };
    this.#window = new WindowSlider(name, limits, (range) => settings.setChannel(index, range));
    const title = el("span", { class: "channel-name", title: name }, name);
    const head = el("div", { class: "channel-head" }, this.#color, title, this.#invert, this.#switch);
    this.element = el("li", { class: "channel" }, head, this.#window.element);

    this.#color.addEventListener("input", () => {
      settings.setChannel(index, { color: this.#color.value.slice(1).toUpperCase(), lut: null });
    });
    this.#switch.addEventListener("change", () => settings.setChannel(index, { active: this.#switch.checked }));
  }

  /**
   * @param {ChannelState} channel
   * @param {boolean} grey
   */
  show(channel, grey) {
    const color = `#${channel.color.toLowerCase()}`;
    this.#color.value = color;
    this.#switch.checked = channel.active;
    this.#invert.setAttribute("aria-pressed", String(channel.inverted));
    this.#window.show(channel);
    this.element.classList.toggle("channel-off", !channel.active);
    this.element.style.setProperty("--channel", grey ? "var(--muted)" : color);
  }
}

/**
 * @param {HTMLElement} list
 * @param {Settings} settings
 */
export function startChannels(list, settings) {
  const cards = settings.channels.map((channel, index) => new ChannelCard(channel, index, settings));
  list.replaceChildren(...cards.map((card) => card.element));
  const show = () => {
    for (const [index, card] of cards.entries()) card.show(settings.channels[index], settings.grey);
  };
  settings.addEventListener("change", show);
  show();
}
