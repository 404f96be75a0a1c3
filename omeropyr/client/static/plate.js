/** The wells of a plate: a table with a picture for each, a field at a time. */

import { plateGrid, thumbnail } from "omeropyr/client/data.js";
import { isAbort } from "omeropyr/js/api.js";
import { el, failure, notice } from "omeropyr/js/dom.js";

/** @typedef {import("omeropyr/client/data.js").Container} Container */
/** @typedef {import("omeropyr/client/data.js").ImageItem} ImageItem */
/** @typedef {import("omeropyr/client/data.js").PlateGrid} PlateGrid */
/** @typedef {import("omeropyr/client/data.js").WellImage} WellImage */

/**
 * @typedef {object} PlateEvents
 * @property {(wells: number, fields: number) => void} known how much there is
 * @property {(image: ImageItem) => void} select
 * @property {(image: ImageItem) => void} open
 */

const THUMBNAIL = 96;

export class Plate {
  #root;
  #loading = new AbortController();
  /** @type {Map<string, () => void>} what selects a well, by its key and that of its image */
  #choices = new Map();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
  }

  /** Show no plate. */
  clear() {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#choices.clear();
    this.#root.replaceChildren();
    this.#root.hidden = true;
  }

  /**
   * @param {Container} plate
   * @param {PlateEvents} events
   * @param {number} [field] from 0
   */
  async show(plate, events, field = 0) {
    this.clear();
    this.#root.hidden = false;
    const { signal } = this.#loading;
    this.#root.replaceChildren(el("div", { class: "plate-waiting skeleton" }));
    try {
      const found = await plateGrid(plate.id, field, signal);
      if (signal.aborted) return;
      this.#draw(found, plate, events, field);
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      this.#root.replaceChildren(failure("The plate", error, () => this.show(plate, events, field)));
    }
  }

  /**
   * @param {string} key `image-2` or `well-3`
   * @returns {boolean} whether it is on the plate
   */
  choose(key) {
    const select = this.#choices.get(key);
    select?.();
    return select !== undefined;
  }

  /**
   * @param {PlateGrid} found
   * @param {Container} plate
   * @param {PlateEvents} events
   * @param {number} field
   */
  #draw(found, plate, events, field) {
    const wells = found.grid.flat().filter((well) => well !== null).length;
    events.known(wells, found.fields);
    if (found.fields === 0) {
      this.#root.replaceChildren(notice({ icon: "grid-3x3", title: "An empty plate", text: "No well has an image." }));
      return;
    }
    const head = el("tr", {}, el("td"), ...found.collabels.map((label) => el("th", { scope: "col" }, String(label))));
    const rows = found.grid.map((cells, at) => {
      const label = String(found.rowlabels[at]);
      const columns = cells.map((cell, column) => this.#well(cell, `${label}${found.collabels[column]}`, events));
      return el("tr", {}, el("th", { scope: "row" }, label), ...columns);
    });
    const table = el("table", { class: "plate-wells" }, el("thead", {}, head), el("tbody", {}, ...rows));
    const choice = found.fields > 1 ? fieldChoice(found.fields, field, (next) => this.show(plate, events, next)) : "";
    this.#root.replaceChildren(choice, el("div", { class: "plate-scroll" }, table));
  }

  /**
   * @param {WellImage | null} cell
   * @param {string} label `A1`
   * @param {PlateEvents} events
   */
  #well(cell, label, events) {
    if (cell === null) return el("td", { class: "plate-empty" });
    const picture = el("img", { src: thumbnail(cell.id, THUMBNAIL), alt: "", loading: "lazy", decoding: "async" });
    const button = el(
      "button",
      { type: "button", class: "plate-well", "aria-label": `Well ${label}`, "aria-pressed": "false", title: label },
      picture,
    );
    const image = { id: cell.id, name: cell.name, ownerId: -1 };
    const select = () => {
      for (const other of this.#root.querySelectorAll("[aria-pressed=true]"))
        other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", "true");
      events.select(image);
    };
    this.#choices.set(`image-${cell.id}`, select);
    this.#choices.set(`well-${cell.wellId}`, select);
    button.addEventListener("click", select);
    button.addEventListener("dblclick", () => events.open(image));
    return el("td", {}, button);
  }
}

/**
 * @param {number} fields
 * @param {number} now
 * @param {(field: number) => void} choose
 */
function fieldChoice(fields, now, choose) {
  const options = Array.from({ length: fields }, (_, field) =>
    el("option", { value: field, selected: field === now }, `Field ${field + 1}`),
  );
  const select = el("select", { class: "select", "aria-label": "Field of the wells" }, ...options);
  select.addEventListener("change", () => choose(Number(select.value)));
  return el("div", { class: "plate-bar" }, select);
}
