/** What can be downloaded of the selected images: their files, and pictures as they are shown. */

import { address, getJson, isAbort } from "omeropyr/js/api.js";
import { el, icon } from "omeropyr/js/dom.js";
import { plural } from "omeropyr/js/format.js";

/** @typedef {import("omeropyr/client/data.js").ImageData} ImageData */

const MOST = 500; // addresses of more are too long for many a proxy
// Pixels of a plane, unless the administrators of OMERO and of the site said otherwise.
const MOST_EXPORTED = 3192 * 3192;
const MOST_IN_A_PICTURE = 2 ** 25;
const TOO_LARGE = "This image is too large: the original file has all of it.";
/** @type {[string, string][]} */
const PICTURES = [
  ["jpeg", "JPEG"],
  ["png", "PNG, without loss"],
  ["tif", "TIFF, without loss"],
];

/**
 * @param {ImageData} data of one image
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function imageDownloads(data, signal) {
  const originals = el("li", {}, unavailable("Original files", "…"));
  const list = el("ul", {}, originals, ...parts(data));
  const element = disclosure(list);
  element.addEventListener("toggle", () => showOriginals(data.id, originals, signal), { once: true });
  return element;
}

/**
 * @param {number[]} ids of several images
 * @returns {HTMLElement}
 */
export function manyDownloads(ids) {
  if (ids.length > MOST) {
    return disclosure(el("p", { class: "muted" }, `At most ${MOST} images can be downloaded at once: select fewer.`));
  }
  const query = ids.map((id) => `image=${id}`).join("&");
  const pictures = PICTURES.map(([format, word]) =>
    item(`${word} (zip)`, `${address("/webgateway/download_as/")}?${query}&format=${format}`),
  );
  const files = item("Original files (zip)", `${address("/webgateway/archived_files/download/")}?${query}`);
  return disclosure(el("ul", {}, files, ...pictures));
}

/**
 * @param {ImageData} data
 * @returns {HTMLElement[]} the lines for OME-TIFF and for pictures
 */
function parts({ id, size }) {
  const pixels = size ? size.width * size.height : 0;
  const whole =
    pixels > MOST_EXPORTED
      ? el("li", {}, unavailable("OME-TIFF", TOO_LARGE))
      : item("OME-TIFF, all planes", address(`/webgateway/render_ome_tiff/i/${id}/`));
  if (pixels > MOST_IN_A_PICTURE) return [whole, el("li", {}, unavailable("Pictures", TOO_LARGE))];
  const pictures = PICTURES.map(([format, word]) =>
    item(word, address("/webgateway/download_as/", { image: id, format })),
  );
  return [whole, ...pictures];
}

/**
 * @param {number} imageId
 * @param {HTMLElement} line
 * @param {AbortSignal} signal
 */
async function showOriginals(imageId, line, signal) {
  try {
    const { repo = [] } = await getJson(address(`/webgateway/original_file_paths/${imageId}/`), signal);
    const words = repo.length === 1 ? "Original file" : `Original files (${plural(repo.length, "file")} as zip)`;
    const why = "There are none: only the pixels were kept when it was imported.";
    const href = address(`/webgateway/archived_files/download/${imageId}/`);
    line.replaceChildren(repo.length > 0 ? link(words, href) : unavailable("Original files", why));
  } catch (error) {
    if (isAbort(error)) return;
    line.replaceChildren(unavailable("Original files", error instanceof Error ? error.message : String(error)));
  }
}

/** @param {HTMLElement} content */
function disclosure(content) {
  const summary = el("summary", { class: "button button-wide" }, icon("download"), "Download");
  return el("details", { class: "downloads" }, summary, content);
}

/**
 * @param {string} words
 * @param {string} href
 */
function item(words, href) {
  return el("li", {}, link(words, href));
}

/**
 * @param {string} words
 * @param {string} href answered as a file to be saved
 */
function link(words, href) {
  return el("a", { class: "menu-item", href }, words);
}

/**
 * @param {string} words
 * @param {string} why
 */
function unavailable(words, why) {
  return el("p", { class: "muted" }, `${words}: ${why.charAt(0).toLowerCase()}${why.slice(1)}`);
}
