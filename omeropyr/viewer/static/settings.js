/** How the image is shown now: plane, channels, colour. One object; who shows or changes it listens to `change`. */

import { isFloat } from "omeropyr/viewer/image-data.js";

/** @typedef {import("omeropyr/viewer/image-data.js").ImageData} ImageData */

/**
 * @typedef {object} ChannelState
 * @property {string} label
 * @property {string} color `RRGGBB`
 * @property {string | null} lut name of a lookup table, in place of the colour
 * @property {boolean} active
 * @property {boolean} inverted
 * @property {string} family
 * @property {number} coefficient
 * @property {number} start
 * @property {number} end
 * @property {number} min least that a window may begin with
 * @property {number} max
 */

export class Settings extends EventTarget {
  z = 0;
  t = 0;
  grey = false;
  /** @type {ChannelState[]} */
  channels = [];
  #data;

  /** @param {ImageData} data */
  constructor(data) {
    super();
    this.#data = data;
    this.float = isFloat(data);
    this.#restore();
  }

  /** Go back to the settings the image was saved with; the plane stays. */
  reset() {
    const { z, t } = this;
    this.#restore();
    this.z = z;
    this.t = t;
    this.#changed();
  }

  /**
   * @param {number} index of the channel, from 0
   * @param {Partial<ChannelState>} change
   */
  setChannel(index, change) {
    const channel = this.channels[index];
    if (!channel) return;
    Object.assign(channel, change);
    this.#changed();
  }

  /** @param {boolean} grey */
  setGrey(grey) {
    this.grey = grey;
    this.#changed();
  }

  /** @param {{z?: number, t?: number}} plane from 0; kept within the image */
  setPlane(plane) {
    const { size } = this.#data;
    const z = Math.min(size.z - 1, Math.max(0, plane.z ?? this.z));
    const t = Math.min(size.t - 1, Math.max(0, plane.t ?? this.t));
    if (z === this.z && t === this.t) return;
    this.z = z;
    this.t = t;
    this.#changed();
  }

  /** @returns {string} all channels in OMERO.web's grammar: `1|100:505$0000FF,-2|0:255$FF0000` */
  get channelText() {
    const texts = this.channels.map((channel, index) => {
      const { active, start, end, color, lut } = channel;
      return `${active ? "" : "-"}${index + 1}|${start}:${end}$${lut ?? color}`;
    });
    return texts.join(",");
  }

  /** @returns {string} the query of a picture; it fixes every setting, so equal addresses are equal pictures */
  get query() {
    const texts = this.channelText.split(",").map((text) => (text.startsWith("-") ? text.split("|")[0] : text));
    const maps = this.channels.map((channel) => (channel.active ? mapOf(channel) : {}));
    const model = this.grey ? "g" : "c";
    return `c=${encodeURIComponent(texts.join(","))}&m=${model}&maps=${encodeURIComponent(JSON.stringify(maps))}`;
  }

  /** @returns {string | null} the inversions and curves as OMERO.web writes them; null if no channel is inverted */
  get mapText() {
    return this.channels.some(({ inverted }) => inverted) ? JSON.stringify(this.channels.map(mapOf)) : null;
  }

  /** @returns {string} equal for equal pictures of the whole image */
  get key() {
    return `${this.z}/${this.t}?${this.query}`;
  }

  #restore() {
    const { channels, rdefs } = this.#data;
    this.grey = rdefs.model === "greyscale";
    this.z = rdefs.defaultZ;
    this.t = rdefs.defaultT;
    this.channels = channels.map((channel) => {
      const { label, active, inverted, family, coefficient } = channel;
      const { start, end, min, max } = channel.window;
      const limits = { start, end, min: Math.min(min, start), max: Math.max(max, end) };
      const color = channel.color.toUpperCase();
      return { label, color, lut: channel.lut ?? null, active, inverted, family, coefficient, ...limits };
    });
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {ChannelState} channel @returns {object} an entry of OMERO.web's `maps` */
function mapOf({ inverted, family, coefficient }) {
  return { inverted: { enabled: inverted }, quantization: { family, coefficient } };
}
