/** The middle panel: the images of a dataset or the datasets of a project, with its heading. */

import { folderCard, imageCard } from "omeropyr/client/card.js";
import { datasetsOf, imagesOf, viewer } from "omeropyr/client/data.js";
import { Grid } from "omeropyr/client/grid.js";
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
 * @property {(dataset: Container, project: Container) => void} folder a dataset of a project was selected
 * @property {(dataset: Container, project: Container) => void} enter a dataset of a project was opened
 */

export class Centre {
  /** @type {Grid<any>} */
  #grid;
  #heading = need("#centre-heading", HTMLElement);
  #count = need("#centre-count", HTMLElement);
  #events;

  /** @param {CentreEvents} events */
  constructor(events) {
    this.#events = events;
    this.#grid = new Grid(need("#grid", HTMLElement), need("#grid-end", HTMLElement));
    startSizes(need("#thumb-size", HTMLInputElement));
    this.clear();
  }

  /** Nothing is chosen yet. */
  clear() {
    this.#head("Browse", null);
    this.#grid.clear();
    const text = "Choose a dataset in the tree to see its images.";
    need("#grid-end", HTMLElement).replaceChildren(notice({ icon: "images", title: "No dataset chosen", text }));
  }

  /**
   * @param {Container} container
   * @param {Scope} scope
   * @param {Container} [project] of a dataset
   */
  async show(container, scope, project) {
    this.#head(container.name, project ?? null);
    const what = container.type === "project" ? "dataset" : "image";
    this.#count.textContent = plural(container.count, what);
    if (container.type === "project") await this.#showDatasets(container, scope);
    else await this.#showImages(container, scope);
  }

  /**
   * @param {string} key `image-2`
   * @returns {boolean} whether it is in what has been loaded
   */
  choose(key) {
    return this.#grid.choose(key);
  }

  /**
   * @param {Container} project
   * @param {Scope} scope
   */
  #showDatasets(project, scope) {
    const text = "This project has no datasets. A dataset holds the images of one experiment.";
    return this.#grid.show({
      load: (page, signal) => datasetsOf(project.id, scope, page, signal),
      card: folderCard,
      expected: project.count,
      empty: notice({ icon: "folder", title: "An empty project", text }),
      what: "The datasets",
      select: (datasets) => datasets.length === 1 && this.#events.folder(datasets[0], project),
      open: (dataset) => this.#events.enter(dataset, project),
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
      open: (image) => location.assign(viewer(image.id, parent.type === "dataset" ? parent.id : undefined)),
    });
  }

  /**
   * @param {string} name
   * @param {Container | null} project
   */
  #head(name, project) {
    const path = project && el("span", { class: "centre-path" }, project.name, icon("chevron-right"));
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
