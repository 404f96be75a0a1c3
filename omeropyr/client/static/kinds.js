/** The word and the icon of each kind of thing; always shown together. */

/** @type {Record<string, {word: string, icon: string}>} */
export const KINDS = {
  project: { word: "Project", icon: "folder" },
  dataset: { word: "Dataset", icon: "images" },
  orphaned: { word: "Folder", icon: "inbox" },
  image: { word: "Image", icon: "image" },
};
