/** The panel on the right: what is selected, in facts. */

import { Annotations } from "omeropyr/client/annotations.js";
import { imageData, personName, thumbnail, viewer } from "omeropyr/client/data.js";
import { imageDownloads, manyDownloads } from "omeropyr/client/downloads.js";
import { KINDS } from "omeropyr/client/kinds.js";
import { isAbort } from "omeropyr/js/api.js";
import { el, failure, icon, iconButton, notice } from "omeropyr/js/dom.js";
import { count, dateTime, length, plural, relativeTime, significant } from "omeropyr/js/format.js";

const PREVIEW = 320;

/** @typedef {import("omeropyr/client/data.js").Container} Container */
/** @typedef {import("omeropyr/client/data.js").ImageData} ImageData */
/** @typedef {import("omeropyr/client/data.js").ImageItem} ImageItem */
/** @typedef {{type: string, id: number, name: string, count?: number, permsCss?: string}} Thing */

/** What the buttons beside a name do.
 * @typedef {{rename: (thing: Thing) => void, remove: (things: Thing[]) => void}} Changes */

/** @typedef {[string, string | Node | null]} Fact a label and what it says; null leaves the line out */

export class Details {
  #loading = new AbortController();
  #root;

  #userId;
  #changes;

  /**
   * @param {HTMLElement} root
   * @param {number} userId who looks
   * @param {Changes} changes
   */
  constructor(root, userId, changes) {
    this.#root = root;
    this.#userId = userId;
    this.#changes = changes;
  }

  /** @param {Container} container */
  showContainer(container) {
    const signal = this.#renew();
    const inside = container.type === "plate" ? null : plural(container.count, KINDS[container.type].holds);
    const id = container.type === "orphaned" ? null : String(container.id);
    const owner = el("span", {}, "…");
    const lines = facts([
      ["Holds", inside],
      ["Owner", owner],
      ["ID", id],
    ]);
    const buttons = container.type === "orphaned" ? [] : this.#buttons([container]);
    this.#root.replaceChildren(head(container.type, container.name, buttons), lines);
    personName(container.ownerId, signal).then(
      (name) => owner.replaceChildren(name),
      () => owner.replaceChildren("Unknown"),
    );
  }

  /** @param {ImageItem[]} images */
  showImages(images) {
    this.#renew();
    const shown = images.slice(0, 9).map(({ id }) => el("img", { src: thumbnail(id, 192), alt: "", loading: "lazy" }));
    this.#root.replaceChildren(
      head("image", `${plural(images.length, "image")} selected`, this.#buttons(images.map(asThing))),
      el("div", { class: "details-many" }, ...shown),
      manyDownloads(images.map(({ id }) => id)),
    );
  }

  /**
   * @param {ImageItem} image
   * @param {number} [datasetId]
   */
  async showImage(image, datasetId) {
    const signal = this.#renew();
    const place = el(
      "div",
      { class: "details-wait" },
      ...Array.from({ length: 7 }, () => el("p", { class: "skeleton" })),
    );
    const top = head("image", image.name, this.#buttons([asThing(image)]));
    this.#root.replaceChildren(top, preview(image.id), openButton(image.id, datasetId), place);
    try {
      const data = await imageData(image.id, signal);
      const may = { userId: this.#userId, canAnnotate: data.perms.canAnnotate, signal };
      place.replaceWith(imageDownloads(data, signal), ...imageFacts(data), new Annotations(image.id, may).element);
    } catch (error) {
      if (isAbort(error)) return;
      place.replaceWith(failure("The details", error, () => this.showImage(image, datasetId), true));
    }
  }

  /**
   * @param {Thing[]} things
   * @returns {HTMLElement[]} for what this user may do; OMERO says no where that is not known before
   */
  #buttons(things) {
    /** @param {string} word */
    const may = (word) => things.every(({ permsCss }) => permsCss === undefined || permsCss.split(" ").includes(word));
    const { rename, remove } = this.#changes;
    const pencil = things.length === 1 && may("canEdit");
    return [
      ...(pencil ? [iconButton("pencil", "Rename", () => rename(things[0]))] : []),
      ...(may("canDelete") ? [iconButton("trash-2", "Delete", () => remove(things))] : []),
    ];
  }

  /** Nothing is selected. */
  clear() {
    this.#renew();
    const text = "Select something to see what is known about it.";
    this.#root.replaceChildren(notice({ icon: "info", title: "No selection", text }));
  }

  /** Give up what is on its way. */
  #renew() {
    this.#loading.abort();
    this.#loading = new AbortController();
    return this.#loading.signal;
  }
}

/** @param {ImageItem} image @returns {Thing} */
function asThing({ id, name, permsCss }) {
  return { type: "image", id, name, permsCss };
}

/**
 * @param {string} type
 * @param {string} name
 * @param {HTMLElement[]} buttons
 */
function head(type, name, buttons) {
  const kind = KINDS[type];
  const word = el("p", { class: "kind" }, icon(kind.icon), kind.word);
  const line = el("div", { class: "details-line" }, word, ...buttons);
  return el("header", { class: "details-head" }, line, el("h2", {}, name));
}

/** @param {number} imageId */
function preview(imageId) {
  const picture = el("img", { src: thumbnail(imageId, PREVIEW), alt: "" });
  picture.addEventListener("error", () => picture.replaceWith(icon("image-off", "icon-large")));
  return el("div", { class: "details-preview" }, picture);
}

/**
 * @param {number} imageId
 * @param {number} [datasetId]
 * @returns {HTMLElement | string} empty where no viewer is switched on
 */
function openButton(imageId, datasetId) {
  const href = viewer(imageId, datasetId);
  return href === null
    ? ""
    : el("a", { class: "button button-main button-wide", href }, icon("maximize"), "Open viewer");
}

/** @param {Fact[]} lines */
function facts(lines) {
  const known = lines.filter(([, value]) => value !== null && value !== "");
  return el("dl", { class: "facts" }, ...known.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]));
}

/** @param {ImageData} data @returns {HTMLElement[]} */
function imageFacts(data) {
  const { meta, size } = data;
  const when = el("time", { title: relativeTime(meta.imageTimestamp) }, dateTime(meta.imageTimestamp));
  const lines = /** @type {Fact[]} */ ([
    ["ID", String(data.id)],
    ["Owner", meta.imageAuthor],
    ["Date", meta.imageTimestamp ? when : null],
    ["Size", size ? `${count(size.width)} × ${count(size.height)} px` : null],
    ["Field", field(data)],
    ["Z sections", size && size.z > 1 ? count(size.z) : null],
    ["Time points", size && size.t > 1 ? count(size.t) : null],
    ["Pixel size", pixelSize(data)],
    ["Pixel type", meta.pixelsType],
    ["Objective", data.nominalMagnification ? `${significant(data.nominalMagnification)}×` : null],
  ]);
  /** @type {HTMLElement[]} */
  const parts = [facts(lines)];
  if (meta.imageDescription) parts.push(el("p", { class: "details-text" }, meta.imageDescription));
  if (data.channels?.length) parts.push(channelList(data.channels));
  return parts;
}

/** @param {ImageData} data @returns {string | null} the size of the whole image in the world */
function field({ size, pixel_size: pixel }) {
  return size && pixel?.x && pixel.y ? `${length(size.width * pixel.x)} × ${length(size.height * pixel.y)}` : null;
}

/** @param {ImageData} data @returns {string | null} */
function pixelSize({ pixel_size: pixel }) {
  const sides = [pixel?.x, pixel?.y, pixel?.z].flatMap((side) => (side ? significant(side) : []));
  return sides.length > 0 ? `${sides.join(" × ")} µm` : null;
}

/** @param {import("omeropyr/client/data.js").Channel[]} channels */
function channelList(channels) {
  const lines = channels.map((channel) => {
    const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.setProperty("--swatch", `#${channel.color}`);
    const wave = channel.emissionWave ? `${significant(channel.emissionWave)} nm` : "";
    const label = /^\d+(\.0)?$/.test(channel.label) && wave ? "" : channel.label;
    return el(
      "li",
      {},
      swatch,
      el("span", { class: "channel-name" }, label || wave),
      el("span", { class: "muted" }, label && wave),
    );
  });
  return el("section", { class: "details-channels" }, el("h3", {}, "Channels"), el("ul", {}, ...lines));
}
