/** Key-value pairs of an image as a small table that saves itself. */

import { CLIENT_PAIRS, savePairs } from "omeropyr/client/notes-data.js";
import { el, icon, iconButton } from "omeropyr/js/dom.js";

/** @typedef {import("omeropyr/client/notes-data.js").Note} Note */
/** @typedef {import("omeropyr/client/notes-data.js").Pair} Pair */

const PAUSE = 800;

/** What could not be saved, by image: it is shown again when the image is.
 * @type {Map<number, {noteId: number | null, pairs: Pair[]}>} */
const drafts = new Map();

export class PairEditor {
  #imageId;
  /** @type {number | null} */
  #noteId;
  #rows = el("div", { class: "pairs-rows" });
  #state = el("p", { class: "muted small pairs-state", role: "status" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #saving = Promise.resolve();
  #saved;

  /**
   * @param {number} imageId
   * @param {Note | undefined} note what is there, if anything
   */
  constructor(imageId, note) {
    this.#imageId = imageId;
    this.#noteId = note?.id ?? null;
    this.#saved = JSON.stringify(note?.values ?? []);
    const draft = drafts.get(imageId);
    const mine = draft !== undefined && draft.noteId === this.#noteId;
    for (const pair of mine ? draft.pairs : (note?.values ?? [])) this.#addRow(pair);
    this.#addRow(["", ""]);
    this.element = el("div", { class: "pairs" }, this.#rows, this.#state);
    this.element.addEventListener("input", () => this.#changed());
    this.element.addEventListener("focusout", () => this.flush());
    if (mine) this.#failed(new Error("It could not be saved before."));
  }

  /** Save now what was typed. @param {boolean} [leaving] the page is being left */
  flush(leaving = false) {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (leaving) this.#save(true);
    else this.#saving = this.#saving.then(() => this.#save());
  }

  #changed() {
    const last = this.#rows.lastElementChild;
    if (last && rowPair(last).some((text) => text !== "")) this.#addRow(["", ""]);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), PAUSE);
    this.#state.replaceChildren("Not saved yet …");
  }

  /** @returns {Pair[]} rows with something in them */
  #pairs() {
    return [...this.#rows.children].map(rowPair).filter(([key, value]) => key !== "" || value !== "");
  }

  async #save(leaving = false) {
    const pairs = this.#pairs();
    const text = JSON.stringify(pairs);
    if (text === this.#saved) {
      drafts.delete(this.#imageId);
      this.#state.replaceChildren();
      return;
    }
    drafts.set(this.#imageId, { noteId: this.#noteId, pairs });
    try {
      this.#noteId = await savePairs(this.#imageId, this.#noteId, pairs, leaving);
      this.#saved = text;
      drafts.delete(this.#imageId);
      // What was typed while it was on its way is not saved by it.
      if (JSON.stringify(this.#pairs()) === this.#saved) this.#state.replaceChildren("Saved");
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    const reason = error instanceof Error ? error.message : String(error);
    const retry = el("button", { type: "button", class: "button" }, icon("rotate-cw"), "Try again");
    retry.addEventListener("click", () => {
      this.#saving = this.#saving.then(() => this.#save());
    });
    const words = el("p", {}, el("strong", {}, "Not saved. "), reason, " What you typed stays here.");
    this.#state.replaceChildren(el("div", { class: "message message-danger", role: "alert" }, words, retry));
  }

  /** @param {Pair} pair @param {Element | null} [before] */
  #addRow([key, value], before = null) {
    const row = el(
      "div",
      { class: "pairs-row" },
      el("input", { class: "input", value: key, "aria-label": "Key", placeholder: "Key" }),
      el("input", { class: "input", value, "aria-label": "Value", placeholder: "Value" }),
      iconButton("x", "Remove this pair", () => this.#removeRow(row)),
    );
    this.#rows.insertBefore(row, before);
  }

  /** @param {Element} row */
  #removeRow(row) {
    const pair = rowPair(row);
    const next = row.nextElementSibling;
    if (next === null && pair.every((text) => text === "")) return; // the empty row to type into
    row.remove();
    this.#changed();
    this.flush();
    const undo = el("button", { type: "button", class: "button button-quiet" }, icon("rotate-ccw"), "Undo");
    const offer = el("div", { class: "pairs-undo", role: "status" }, el("span", {}, `“${pair[0]}” removed`), undo);
    undo.addEventListener("click", () => {
      offer.remove();
      this.#addRow(pair, next?.isConnected ? next : this.#rows.lastElementChild);
      this.#changed();
      this.flush();
    });
    this.element.append(offer);
    setTimeout(() => offer.remove(), 8000);
  }
}

/** @param {Element} row @returns {Pair} */
function rowPair(row) {
  const [key, value] = row.querySelectorAll("input");
  return [key.value.trim(), value.value.trim()];
}

/**
 * @param {Note} note pairs that this user does not edit
 * @param {string} owner
 */
export function pairTable(note, owner) {
  const lines = (note.values ?? []).flatMap(([key, value]) => [el("dt", {}, key), el("dd", {}, value)]);
  const whose = note.ns && note.ns !== CLIENT_PAIRS ? `${owner} · ${note.ns}` : owner;
  return el(
    "div",
    { class: "pairs-read" },
    el("dl", { class: "facts" }, ...lines),
    el("p", { class: "muted small" }, whose),
  );
}
