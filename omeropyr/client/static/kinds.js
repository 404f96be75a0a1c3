/** The word and the icon of each kind of thing; always shown together. */

/** @type {Record<string, {word: string, icon: string, holds: string}>} `holds` is the word for one thing in it */
export const KINDS = {
  project: { word: "Project", icon: "folder", holds: "dataset" },
  dataset: { word: "Dataset", icon: "images", holds: "image" },
  screen: { word: "Screen", icon: "layers", holds: "plate" },
  plate: { word: "Plate", icon: "grid-3x3", holds: "run" },
  orphaned: { word: "Folder", icon: "inbox", holds: "image" },
  image: { word: "Image", icon: "image", holds: "" },
};

/** @param {string} type @returns {boolean} whether it opens in the tree */
export function isFolder(type) {
  return type === "project" || type === "screen";
}
