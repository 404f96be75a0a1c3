/** Below the facts about an image: rating, tags, key-value pairs, attachments and comments. */

import * as data from "omeropyr/client/notes-data.js";
import { PairEditor, pairTable } from "omeropyr/client/pairs.js";
import { forgetRemoved, hideRemoved, isRemoved, removeSoon, settleRemovals } from "omeropyr/client/removals.js";
import { isAbort } from "omeropyr/js/api.js";
import { el, failure, icon, iconButton } from "omeropyr/js/dom.js";
import { dateTime, plural, relativeTime, significant } from "omeropyr/js/format.js";

/** @typedef {import("omeropyr/client/notes-data.js").Note} Note */
/** @typedef {import("omeropyr/client/notes-data.js").Notes} Notes */

/** Comments that were typed and not sent, by image. @type {Map<number, string>} */
const drafts = new Map();

export class Annotations {
  #imageId;
  #userId;
  #canAnnotate;
  /** @type {PairEditor[]} */
  #editors = [];
  /** @type {HTMLElement | undefined} */
  #pairsPart;
  #signal;

  /**
   * @param {number} imageId
   * @param {{userId: number, canAnnotate: boolean, signal: AbortSignal}} options
   */
  constructor(imageId, { userId, canAnnotate, signal }) {
    this.#imageId = imageId;
    this.#userId = userId;
    this.#canAnnotate = canAnnotate;
    this.#signal = signal;
    this.element = el("div", { class: "notes" }, el("p", { class: "skeleton" }), el("p", { class: "skeleton" }));
    const leave = () => this.flush(true);
    addEventListener("pagehide", leave);
    signal.addEventListener("abort", () => {
      removeEventListener("pagehide", leave);
      this.flush();
    });
    this.load();
  }

  /** Save what is typed. @param {boolean} [leaving] */
  flush(leaving = false) {
    for (const editor of this.#editors) editor.flush(leaving);
  }

  async load() {
    try {
      const notes = await data.loadNotes(this.#imageId, this.#signal);
      this.#show(notes);
    } catch (error) {
      if (!isAbort(error)) this.element.replaceChildren(failure("The annotations", error, () => this.load(), true));
    }
  }

  /** @param {Notes} notes */
  #show(notes) {
    // Once: what is being typed stays where it is, whatever else changes.
    this.#pairsPart ??= this.#pairs(notes);
    const readOnly = el("p", { class: "message small" }, icon("lock"), "Read-only: you may not annotate this image.");
    this.element.replaceChildren(
      ...(this.#canAnnotate ? [] : [readOnly]),
      this.#rating(notes),
      this.#tags(notes),
      this.#pairsPart,
      this.#files(notes),
      this.#comments(notes),
    );
    hideRemoved();
  }

  /** @param {Notes} notes */
  #rating({ ratings }) {
    const own = ratings.find(({ owner }) => owner.id === this.#userId)?.longValue ?? 0;
    const others = ratings.filter(({ owner }) => owner.id !== this.#userId).map(({ longValue }) => longValue ?? 0);
    const mean = others.reduce((sum, stars) => sum + stars, 0) / (others.length || 1);
    const told = others.length > 0 ? `Others: ${significant(mean)} (${plural(others.length, "rating")})` : "";
    const problem = el("div", {});
    const stars = [1, 2, 3, 4, 5].map((place) => {
      const label = place === own ? `Take the rating of ${place} away` : `Rate ${place} of 5`;
      const button = iconButton("star", label, () => {
        this.#change(problem, () => data.setRating(this.#imageId, place === own ? 0 : place));
      });
      button.classList.toggle("star-on", place <= own);
      button.setAttribute("aria-pressed", String(place === own));
      button.disabled = !this.#canAnnotate;
      return button;
    });
    const line = el(
      "div",
      { class: "stars", role: "group", "aria-label": "Rating" },
      ...stars,
      el("span", { class: "muted small" }, told),
    );
    return section("Rating", line, problem);
  }

  /** @param {Notes} notes */
  #tags({ tags, people }) {
    const problem = el("div", {});
    const chips = tags.map((note) => {
      const chip = el("li", {
        class: "chip",
        "data-removable": this.#key(note),
        title: `Added by ${people.get(note.link.owner.id) ?? "somebody"}`,
      });
      chip.append(icon("tag"), el("span", {}, note.textValue ?? ""));
      if (note.link.permissions.canDelete) {
        chip.append(
          iconButton("x", `Remove tag ${note.textValue}`, () =>
            this.#remove("tag", note, `Tag “${note.textValue}” removed`),
          ),
        );
      }
      return chip;
    });
    const list = el("ul", { class: "chips" }, ...chips);
    return section("Tags", list, this.#canAnnotate && this.#tagForm(tags, problem), problem);
  }

  /**
   * @param {Note[]} tags
   * @param {HTMLElement} problem
   */
  #tagForm(tags, problem) {
    const input = el("input", {
      class: "input",
      list: "known-tags",
      placeholder: "Add a tag",
      "aria-label": "Add a tag",
    });
    const options = el("datalist", { id: "known-tags" });
    /** @type {Map<string, number>} */
    const known = new Map();
    input.addEventListener(
      "focus",
      () => {
        data.knownTags().then(
          (found) => {
            for (const tag of found) known.set(tag.value, tag.id);
            options.replaceChildren(...[...known.keys()].map((value) => el("option", { value })));
          },
          () => undefined, // a new tag can be typed all the same
        );
      },
      { once: true },
    );
    const form = el(
      "form",
      { class: "notes-add" },
      input,
      options,
      el("button", { class: "button" }, icon("plus"), "Add"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (text !== "") this.#change(problem, () => this.#addTag(tags, text, known.get(text)));
    });
    return form;
  }

  /**
   * @param {Note[]} tags that are on the image, or were
   * @param {string} text
   * @param {number} [id] of the tag that is called so, if it is known
   */
  async #addTag(tags, text, id) {
    await settleRemovals(); // or the list of this user's tags would bring them back
    const own = tags.filter((note) => note.link.owner.id === this.#userId && !isRemoved(this.#key(note)));
    if (own.some(({ textValue }) => textValue === text)) return;
    const chosen = id ?? tags.find(({ textValue }) => textValue === text)?.id;
    const ids = own.map((note) => note.id);
    await data.setTags(
      this.#imageId,
      chosen === undefined ? ids : [...ids, chosen],
      chosen === undefined ? text : undefined,
    );
    if (chosen !== undefined) forgetRemoved(`${this.#imageId}-${chosen}`);
  }

  /** @param {Notes} notes */
  #pairs({ pairs, people }) {
    const editable = this.#canAnnotate
      ? pairs.filter((note) => data.isEditable(note) && note.owner.id === this.#userId)
      : [];
    const others = pairs.filter((note) => !editable.includes(note));
    this.#editors = this.#canAnnotate
      ? [...(editable.length > 0 ? editable : [undefined])].map((note) => new PairEditor(this.#imageId, note))
      : [];
    const read = others.map((note) => pairTable(note, people.get(note.owner.id) ?? ""));
    return section("Key-value pairs", ...this.#editors.map(({ element }) => element), ...read);
  }

  /** @param {Notes} notes */
  #files({ files, people }) {
    const problem = el("div", {});
    const lines = files.map((note) => {
      const name = note.file?.name ?? "File";
      const title = `Added by ${people.get(note.link.owner.id) ?? "somebody"}`;
      const line = el(
        "li",
        { class: "attachment", "data-removable": this.#key(note) },
        icon("paperclip"),
        el("a", { href: data.fileAddress(note), download: name, title }, name),
        el("span", { class: "muted small" }, size(note.file?.size ?? 0)),
      );
      if (note.link.permissions.canDelete) {
        line.append(
          iconButton("x", `Remove attachment ${name}`, () => this.#remove("file", note, `“${name}” removed`)),
        );
      }
      return line;
    });
    const list = el("ul", { class: "attachments" }, ...lines);
    const input = el("input", { type: "file", multiple: true, class: "visually-hidden", id: "attach-file" });
    input.addEventListener("change", () => this.#upload([...(input.files ?? [])], list, problem));
    const button = el("label", { class: "button", for: "attach-file" }, icon("paperclip"), "Attach files");
    return section("Attachments", list, this.#canAnnotate && el("div", { class: "attach" }, input, button), problem);
  }

  /**
   * @param {File[]} files
   * @param {HTMLElement} list
   * @param {HTMLElement} problem
   */
  async #upload(files, list, problem) {
    for (const file of files) {
      const line = el(
        "li",
        { class: "attachment muted" },
        icon("paperclip"),
        el("span", {}, `Uploading ${file.name} …`),
      );
      list.append(line);
      try {
        await data.attach(this.#imageId, file);
      } catch (error) {
        problem.append(refusal(`${file.name} was not attached.`, error, () => this.#upload([file], list, problem)));
      } finally {
        line.remove();
      }
    }
    if (!problem.hasChildNodes()) await this.load();
  }

  /** @param {Notes} notes */
  #comments({ comments, people }) {
    const problem = el("div", {});
    const lines = comments.map((note) => {
      const seconds = Date.parse(note.date) / 1000;
      const who = el("strong", {}, people.get(note.owner.id) ?? "");
      const when = el("time", { class: "muted small", title: dateTime(seconds) }, relativeTime(seconds));
      const line = el(
        "li",
        { class: "comment", "data-removable": this.#key(note) },
        el("p", { class: "comment-head" }, who, when),
        el("p", { class: "details-text" }, note.textValue ?? ""),
      );
      if (note.link.permissions.canDelete) {
        line.append(iconButton("x", "Remove this comment", () => this.#remove("comment", note, "Comment removed")));
      }
      return line;
    });
    return section(
      "Comments",
      el("ul", { class: "comments" }, ...lines),
      this.#canAnnotate && this.#commentForm(problem),
      problem,
    );
  }

  /** @param {HTMLElement} problem */
  #commentForm(problem) {
    const field = el("textarea", {
      class: "input",
      rows: 2,
      placeholder: "Add a comment",
      "aria-label": "Add a comment",
    });
    field.value = drafts.get(this.#imageId) ?? "";
    field.addEventListener("input", () => drafts.set(this.#imageId, field.value));
    const form = el(
      "form",
      { class: "notes-comment" },
      field,
      el("button", { class: "button" }, icon("message-square"), "Comment"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (text === "") return;
      this.#change(problem, async () => {
        await data.addComment(this.#imageId, text);
        drafts.delete(this.#imageId);
      });
    });
    return form;
  }

  /**
   * @param {"tag" | "file" | "comment"} kind
   * @param {Note} note
   * @param {string} text
   */
  #remove(kind, note, text) {
    const carryOut = (/** @type {boolean} */ leaving) => data.takeOff(kind, note, this.#imageId, leaving);
    removeSoon({ text, key: this.#key(note), carryOut });
  }

  /** @param {Note} note */
  #key(note) {
    return `${this.#imageId}-${note.id}`;
  }

  /**
   * @param {HTMLElement} problem where a refusal is told
   * @param {() => Promise<void>} change
   */
  async #change(problem, change) {
    problem.replaceChildren();
    try {
      await change();
      await this.load();
    } catch (error) {
      problem.replaceChildren(refusal("Not saved.", error, () => this.#change(problem, change)));
    }
  }
}

/**
 * @param {string} title
 * @param {...import("omeropyr/js/dom.js").Child} children
 */
function section(title, ...children) {
  return el("section", { class: "notes-part", "aria-label": title }, el("h3", {}, title), ...children);
}

/**
 * @param {string} what
 * @param {unknown} error
 * @param {() => void} retry
 */
function refusal(what, error, retry) {
  const reason = error instanceof Error ? error.message : String(error);
  const again = el("button", { type: "button", class: "button" }, icon("rotate-cw"), "Try again");
  const box = el(
    "div",
    { class: "message message-danger", role: "alert" },
    el("p", {}, el("strong", {}, `${what} `), reason),
    again,
  );
  again.addEventListener("click", () => {
    box.remove();
    retry();
  });
  return box;
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1e3) return plural(bytes, "byte");
  return bytes < 1e6 ? `${significant(bytes / 1e3)} kB` : `${significant(bytes / 1e6)} MB`;
}
