/** Making, renaming and deleting: a dialog each, and the request when it was answered. */

import { KINDS } from "omeropyr/client/kinds.js";
import { address, request } from "omeropyr/js/api.js";
import { el, iconButton } from "omeropyr/js/dom.js";
import { plural } from "omeropyr/js/format.js";

/** @typedef {{type: string, id: number, name: string, count?: number}} Thing an image or a container */

const LONGEST = 255;

/**
 * @param {Thing} [project] the chosen one: a dataset may lie in it
 * @returns {Promise<{type: string, id: number} | null>} what was made; `null` for nothing
 */
export function makeContainer(project) {
  const inside = project && `Dataset in “${project.name}”`;
  const kind = el(
    "select",
    { class: "select input-large", id: "new-kind" },
    inside && el("option", { value: "inside" }, inside),
    el("option", { value: "project" }, "Project"),
    el("option", { value: "dataset" }, project ? "Dataset in no project" : "Dataset"),
    el("option", { value: "screen" }, "Screen"),
  );
  const name = nameField("");
  const description = el("textarea", { class: "input", id: "new-description", rows: 3 });
  const fields = [
    field("Kind", kind),
    field("Name", name),
    field("Description, if there is anything to say", description),
  ];
  return ask({ title: "New", button: "Make it", fields, focus: name }, async () => {
    const within = kind.value === "inside" && project ? `project/${project.id}/` : "";
    const type = within ? "dataset" : kind.value;
    const sent = { folder_type: type, name: name.value, description: description.value };
    return { type, id: (await act(`addnewcontainer/${within}`, sent)).id };
  });
}

/**
 * @param {Thing} thing
 * @returns {Promise<boolean | null>} whether it has another name now
 */
export function rename({ type, id, name }) {
  const input = nameField(name);
  const word = KINDS[type].word.toLowerCase();
  const fields = [field("Name", input)];
  return ask({ title: `Rename this ${word}`, button: "Rename", fields, focus: input }, async () => {
    await act(`savename/${type}/${id}/`, { name: input.value });
    return true;
  });
}

/**
 * @param {Thing[]} things one container, or images
 * @returns {Promise<boolean | null>} whether they are gone
 */
export function remove(things) {
  const [{ type, name, count = 0 }] = things;
  const { word, holds } = KINDS[type];
  const one = things.length === 1;
  const title = one ? `Delete this ${word.toLowerCase()}?` : `Delete ${plural(things.length, "image")}?`;
  const names = things.slice(0, 5).map((thing) => el("li", {}, thing.name));
  if (things.length > names.length)
    names.push(el("li", { class: "muted" }, `and ${things.length - names.length} more`));
  const contents = el("input", { type: "checkbox" });
  const stays = `Otherwise ${count === 1 ? "it stays" : "they stay"}, in no ${word.toLowerCase()}.`;
  const fields = [
    one ? el("p", {}, el("strong", {}, name)) : el("ul", {}, ...names),
    count > 0 && type !== "plate" && el("label", { class: "check" }, contents, `Its ${plural(count, holds)}, too`),
    count > 0 && type !== "plate" && el("p", { class: "muted small" }, stays),
    el("p", {}, "What is deleted cannot be brought back."),
  ];
  return ask({ title, button: "Delete", danger: true, fields }, async () => {
    if (one) await act(`delete/${type}/${things[0].id}/`, contents.checked ? { child: "on" } : {});
    else await act("deletemany/", { [type]: things.map(({ id }) => id).join(",") });
    return true;
  });
}

/**
 * @param {string} path below /webclient/action/
 * @param {Record<string, string>} fields
 * @returns {Promise<any>}
 */
async function act(path, fields) {
  const options = { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" } };
  const answer = await (await request(address(`/webclient/action/${path}`), options)).json();
  if (answer.bad === "true") throw new Error(Object.values(answer.errs).join(" "));
  return answer;
}

/** @param {string} value */
function nameField(value) {
  return el("input", { class: "input input-large", id: "change-name", value, required: true, maxlength: LONGEST });
}

/**
 * @param {string} label
 * @param {HTMLElement} input with an id
 */
function field(label, input) {
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input);
}

/**
 * Ask in a dialog. What is refused is said in it, and nothing that was typed is lost.
 *
 * @template T
 * @param {{title: string, button: string, fields: import("omeropyr/js/dom.js").Child[], danger?: boolean,
 *   focus?: HTMLInputElement}} what
 * @param {() => Promise<T>} carryOut
 * @returns {Promise<T | null>}
 */
function ask({ title, button, fields, danger = false, focus }, carryOut) {
  const problem = el("p", { class: "message message-danger", role: "alert", hidden: true });
  const go = el("button", { class: `button ${danger ? "button-danger" : "button-main"}` }, button);
  const cancel = el("button", { type: "button", class: "button" }, "Cancel");
  const form = el("form", { class: "dialog-body dialog-form" }, problem, ...fields);
  form.append(el("div", { class: "dialog-end" }, cancel, go));
  const head = el(
    "div",
    { class: "dialog-head" },
    el("h2", { id: "change-title" }, title),
    iconButton("x", "Close", () => dialog.close()),
  );
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": "change-title" }, head, form);
  cancel.addEventListener("click", () => dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  (focus ?? cancel).focus();
  focus?.select();
  return new Promise((resolve) => {
    /** @type {T | null} */
    let made = null;
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(made);
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      go.disabled = true;
      try {
        made = await carryOut();
        dialog.close();
      } catch (error) {
        problem.textContent = error instanceof Error ? error.message : String(error);
        problem.hidden = false;
      } finally {
        go.disabled = false;
      }
    });
  });
}
