/** The middle panel: images, the datasets or plates of a folder, or the wells of a plate, with its heading. */

import { folderCard, imageCard } from "omeropyr/client/card.js";
import { childrenOf, imagesOf, viewer } from "omeropyr/client/data.js";
import { Grid } from "omeropyr/client/grid.js";
import { isFolder, KINDS } from "omeropyr/client/kinds.js";
import { Plate } from "omeropyr/client/plate.js";
import { el, icon, need, notice } from "omeropyr/js/dom.js";
import { plural } from "omeropyr/js/format.js";
import { recall, remember } from "omeropyr/js/memory.js";

/** @typedef {import("omeropyr/client/data.js").Container} Container */
/** @typedef {import("omeropyr/client/data.js").ImageItem} ImageItem */
/** @typedef {import("omeropyr/client/data.js").Scope} Scope */

/**
 * What the rest of the page does about the centre.
 *
 * @typedef {object} CentreEvents
 * @property {(images: ImageItem[], parent: Container) => void} images selected
 * @property {(container: Container) => void} folder a container was selected
 * @property {(container: Container, folder?: Container) => void} enter it was opened; the folder it was seen in
 */

const TOUCH = "(pointer: coarse), (max-width: 639px)";

export class Centre {
  /** @type {Grid<any>} */
  #grid;
  #heading = need("#centre-heading", HTMLElement);
  #count = need("#centre-count", HTMLElement);
  #events;
  #plate;

  /** @param {CentreEvents} events */
  constructor(events) {
    this.#events = events;
    this.#grid = new Grid(need("#grid", HTMLElement), need("#grid-end", HTMLElement));
    this.#plate = new Plate(need("#plate", HTMLElement));
    startSizes(need("#thumb-size", HTMLInputElement));
    this.clear();
  }

  /** Nothing is chosen, nothing is known yet. */
  clear() {
    this.#head("Data", null);
    this.#grid.clear();
    this.#plate.clear();
  }

  /** A line below the heading, read out to who does not see it. @param {string} text */
  say(text) {
    this.#count.textContent = text;
  }

  /**
   * Nothing is chosen: show what there is to choose from.
   *
   * @param {Container[]} containers
   */
  async showTop(containers) {
    this.#head("Data", null);
    this.#plate.clear();
    const text = "Projects, datasets and screens show up here as soon as there are some.";
    await this.#grid.show({
      load: async () => ({ items: containers, more: false }),
      card: folderCard,
      expected: containers.length,
      empty: notice({ icon: "images", title: "Nothing here yet", text }),
      what: "The projects",
      select: (chosen) => this.#folder(chosen),
      open: (container) => this.#events.enter(container),
    });
  }

  /**
   * On a touch screen a tap opens a folder, elsewhere a click selects it.
   *
   * @param {Container[]} chosen
   * @param {Container} [project]
   */
  #folder(chosen, project) {
    if (chosen.length !== 1) return;
    if (matchMedia(TOUCH).matches) this.#events.enter(chosen[0], project);
    else this.#events.folder(chosen[0]);
  }

  /**
   * @param {Container} container
   * @param {Scope} scope
   * @param {Container} [project] of a dataset
   */
  async show(container, scope, project) {
    this.#head(container.name, project ?? null);
    this.#plate.clear();
    if (container.type === "plate") {
      this.#grid.clear();
      await this.#showPlate(container);
      return;
    }
    this.#count.textContent = plural(container.count, KINDS[container.type].holds);
    if (isFolder(container.type)) await this.#showFolders(container, scope);
    else await this.#showImages(container, scope);
  }

  /** @param {Container} plate */
  #showPlate(plate) {
    return this.#plate.show(plate, {
      known: (wells, fields) => {
        this.#count.textContent = `${plural(wells, "well")}, ${plural(fields, "field")} each`;
      },
      select: (image) => this.#events.images([image], plate),
      open: (image) => {
        const href = viewer(image.id);
        if (href) location.assign(href);
      },
    });
  }

  /**
   * @param {string[]} keys `image-2`, or `well-3`; of a plate one is chosen
   * @returns {boolean} whether any is in what has been loaded
   */
  choose(keys) {
    return this.#grid.choose(keys) || keys.some((key) => this.#plate.choose(key));
  }

  /**
   * @param {Container} folder a project or a screen
   * @param {Scope} scope
   */
  #showFolders(folder, scope) {
    const { word, icon: picture, holds } = KINDS[folder.type];
    const text = `This ${word.toLowerCase()} has no ${holds}s yet.`;
    return this.#grid.show({
      load: (page, signal) => childrenOf(folder, scope, page, signal),
      card: folderCard,
      expected: folder.count,
      empty: notice({ icon: picture, title: `An empty ${word.toLowerCase()}`, text }),
      what: `The ${holds}s`,
      select: (chosen) => this.#folder(chosen, folder),
      open: (chosen) => this.#events.enter(chosen, folder),
    });
  }

  /**
   * @param {Container} parent
   * @param {Scope} scope
   */
  #showImages(parent, scope) {
    const text = "This dataset has no images. Import some with “omeropyr import FILE --dataset NAME” or OMERO.insight.";
    return this.#grid.show({
      load: (page, signal) => imagesOf(parent, scope, page, signal),
      card: imageCard,
      expected: parent.count,
      empty: notice({ icon: "images", title: "An empty dataset", text }),
      what: "The images",
      select: (images) => this.#events.images(images, parent),
      open: (image) => {
        const href = viewer(image.id, parent.type === "dataset" ? parent.id : undefined);
        if (href) location.assign(href);
      },
    });
  }

  /**
   * @param {string} name
   * @param {Container | null} project
   */
  #head(name, project) {
    const path = project && el("span", { class: "centre-path" }, el("span", {}, project.name), icon("chevron-right"));
    this.#heading.replaceChildren(...(path ? [path] : []), el("span", { class: "centre-name" }, name));
    this.#heading.title = name;
    this.#count.textContent = "";
    document.title = `${name} – omeropyr`;
  }
}

/** @param {HTMLInputElement} slider of the size of the cards */
function startSizes(slider) {
  const grid = need("#grid", HTMLElement);
  const set = () => grid.style.setProperty("--thumb", `${slider.value}px`);
  slider.value = recall("thumb", slider.value);
  slider.addEventListener("input", set);
  slider.addEventListener("change", () => remember("thumb", slider.value));
  set();
}
