/** What people wrote about an image: asked for, and changed. */

import { address, getJson, request } from "omeropyr/js/api.js";

/** Namespace of pairs that people type; it says nothing to them. */
export const CLIENT_PAIRS = "openmicroscopy.org/omero/client/mapAnnotation";
const COMPANION = "openmicroscopy.org/omero/import/companionFile"; // what the importer keeps, nobody's attachment
const RATING = "openmicroscopy.org/omero/insight/rating";

/** @typedef {[string, string]} Pair */
/** @typedef {{canDelete: boolean, canAnnotate: boolean, canLink: boolean, canEdit: boolean}} May */

/**
 * @typedef {object} Note an annotation and the link by which it hangs on the image
 * @property {number} id
 * @property {string | null} ns
 * @property {string} class "TagAnnotationI"
 * @property {{id: number}} owner
 * @property {string} date
 * @property {May} permissions
 * @property {{owner: {id: number}, date: string, permissions: May}} link
 * @property {string} [textValue]
 * @property {number} [longValue]
 * @property {Pair[]} [values]
 * @property {{id: number, name: string, size: number}} [file]
 */

/**
 * @typedef {object} Notes
 * @property {Note[]} tags
 * @property {Note[]} pairs
 * @property {Note[]} ratings
 * @property {Note[]} comments
 * @property {Note[]} files
 * @property {Map<number, string>} people full names by id
 */

/**
 * @param {number} imageId
 * @param {AbortSignal} [signal]
 * @returns {Promise<Notes>}
 */
export async function loadNotes(imageId, signal) {
  const answer = await getJson(address("/webclient/api/annotations/", { image: imageId }), signal);
  /** @type {Note[]} */
  const all = answer.annotations ?? [];
  const people = new Map();
  for (const { id, firstName, lastName, omeName } of answer.experimenters ?? []) {
    people.set(id, `${firstName ?? ""} ${lastName ?? ""}`.trim() || omeName);
  }
  /** @param {string} name */
  const of = (name) => all.filter((note) => note.class === `${name}AnnotationI`);
  return {
    tags: of("Tag"),
    pairs: of("Map"),
    ratings: of("Long").filter(({ ns }) => ns === RATING),
    comments: of("Comment"),
    files: of("File").filter(({ ns }) => ns !== COMPANION),
    people,
  };
}

/** @param {Note} note @returns {boolean} whether these pairs are of the kind that people edit */
export function isEditable(note) {
  return note.ns === CLIENT_PAIRS && note.permissions.canEdit;
}

/** @returns {Promise<{id: number, value: string}[]>} the tags that there are */
export async function knownTags() {
  const { tags } = await getJson(address("/webclient/api/tags/"));
  return (tags ?? []).filter((/** @type {{set: boolean}} */ tag) => !tag.set);
}

/**
 * @param {string} path below /webclient
 * @param {[string, string | number | File][]} fields
 * @param {boolean} [leaving] the page is being left: the request has to outlive it
 * @returns {Promise<any>} the parsed answer; an `ApiError` where the change was refused
 */
async function send(path, fields, leaving = false) {
  const body = fields.some(([, value]) => value instanceof File) ? new FormData() : new URLSearchParams();
  for (const [name, value] of fields) {
    if (value instanceof File) /** @type {FormData} */ (body).append(name, value);
    else body.append(name, String(value));
  }
  const headers = { Accept: "application/json" };
  const response = await request(address(`/webclient${path}`), { method: "POST", body, headers, keepalive: leaving });
  return response.json();
}

/**
 * @param {number} imageId
 * @param {number[]} tagIds all that this user has put on the image, and is to have there
 * @param {string} [fresh] the text of a new one
 * @returns {Promise<void>}
 */
export async function setTags(imageId, tagIds, fresh) {
  await send("/annotate_tags/", [
    ["image", imageId],
    ["tags", tagIds.join(",")],
    ...(fresh ? [/** @type {[string, string]} */ (["newtags-0-tag", fresh])] : []),
  ]);
}

/**
 * @param {number} imageId
 * @param {number} stars 1 to 5, 0 for none
 */
export async function setRating(imageId, stars) {
  await send("/annotate_rating/", [
    ["image", imageId],
    ["rating", stars],
  ]);
}

/**
 * @param {number} imageId
 * @param {number | null} noteId of the pairs that are there
 * @param {Pair[]} pairs none delete them
 * @param {boolean} [leaving]
 * @returns {Promise<number | null>} where they are now
 */
export async function savePairs(imageId, noteId, pairs, leaving = false) {
  /** @type {[string, string | number][]} */
  const fields = [
    ["image", imageId],
    ["mapAnnotation", JSON.stringify(pairs)],
  ];
  if (noteId !== null) fields.push(["annId", noteId]);
  const answer = await send("/annotate_map/", fields, leaving);
  return answer.annId?.[0] ?? null;
}

/**
 * @param {number} imageId
 * @param {string} text
 */
export async function addComment(imageId, text) {
  await send("/annotate_comment/", [
    ["image", imageId],
    ["comment", text],
  ]);
}

/**
 * @param {number} imageId
 * @param {File} file
 */
export async function attach(imageId, file) {
  await send("/annotate_file/", [
    ["image", imageId],
    ["annotation_file", file],
  ]);
}

/**
 * @param {"tag" | "file" | "comment"} kind
 * @param {Note} note
 * @param {number} imageId
 * @param {boolean} [leaving]
 */
export async function takeOff(kind, note, imageId, leaving = false) {
  await send(`/action/remove/${kind}/${note.id}/`, [["parent", `image-${imageId}`]], leaving);
}

/** @param {Note} note @returns {string} where its file is */
export function fileAddress(note) {
  return address(`/webclient/annotation/${note.id}/`);
}
