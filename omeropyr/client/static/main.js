/** The browser page: tree, grid and details, and the address that says what is shown. */

import { Centre } from "omeropyr/client/centre.js";
import { makeContainer, remove, rename } from "omeropyr/client/changes.js";
import { FOLDERS, folderOf, imageData, plateOf } from "omeropyr/client/data.js";
import { Details } from "omeropyr/client/details.js";
import { startKeyList } from "omeropyr/client/key-list.js";
import { isFolder } from "omeropyr/client/kinds.js";
import { ScopeChoice } from "omeropyr/client/scope.js";
import { Sheets } from "omeropyr/client/sheets.js";
import { readShow, writeShow } from "omeropyr/client/show.js";
import { startTabs } from "omeropyr/client/tabs.js";
import { Tree } from "omeropyr/client/tree.js";
import { need } from "omeropyr/js/dom.js";
import { startSplitter } from "omeropyr/js/splitter.js";

/** @typedef {import("omeropyr/client/data.js").Container} Container */
/** @typedef {import("omeropyr/client/data.js").ImageItem} ImageItem */
/** @typedef {import("omeropyr/client/details.js").Thing} Thing */

const page = need("#browse", HTMLElement);
const sheets = new Sheets();
const tellTabs = startTabs();
const details = new Details(need("#details-content", HTMLElement), Number(page.dataset.userId), {
  rename: (thing) => change(thing),
  remove: (things) => discard(things),
});
const tree = new Tree(need("#tree", HTMLElement), (container) => showContainer(container));
const centre = new Centre({ images: showImages, folder: showFolder, enter });
const scope = new ScopeChoice(
  need("#scope-group", HTMLSelectElement),
  need("#scope-owner", HTMLSelectElement),
  Number(page.dataset.userId),
  () => reload(),
);

/** What is selected, and what it lies in. @type {{things: Thing[], parent?: Thing}} */
let chosen = { things: [] };

/**
 * @param {Thing[]} things what goes into the address, and to the tabs of add-ons
 * @param {Thing} [parent]
 */
function select(things, parent) {
  chosen = { things, parent };
  const shown = things.map(({ type, id }) => ({ type, id }));
  writeShow(shown);
  tellTabs(shown);
}

/** @param {Container} container */
async function showContainer(container) {
  select([container], tree.parentOf(container));
  details.showContainer(container);
  if (sheets.treeCovers && !isFolder(container.type)) sheets.close();
  await centre.show(container, scope.scope, tree.parentOf(container));
}

/**
 * @param {ImageItem[]} images
 * @param {Container} parent
 */
function showImages(images, parent) {
  if (images.length === 0) {
    details.showContainer(parent);
    select([parent], tree.parentOf(parent));
    return;
  }
  select(
    images.map((image) => ({ ...image, type: "image" })),
    parent,
  );
  if (images.length > 1) details.showImages(images);
  else details.showImage(images[0], parent.type === "dataset" ? parent.id : undefined);
  if (sheets.detailsOnTouch && images.length === 1) sheets.open("details");
}

/** @param {Container} dataset */
function showFolder(dataset) {
  details.showContainer(dataset);
  const folder = chosen.things.find(({ type }) => isFolder(type));
  chosen = { things: [dataset], parent: tree.parentOf(dataset) ?? folder ?? chosen.parent };
  tellTabs([{ type: dataset.type, id: dataset.id }]);
}

/**
 * @param {Container} container
 * @param {Container} [folder] in which it was seen
 */
async function enter(container, folder) {
  const opened = isFolder(container.type) ? container : folder;
  if (opened) await tree.openFolder(opened.type, opened.id);
  tree.choose(container.type, container.id);
  await showContainer(container);
}

async function reload() {
  details.clear();
  centre.clear();
  select([]);
  await showTree();
  await centre.showTop(tree.top);
}

/** Show what is there now. @param {import("omeropyr/client/show.js").Shown[]} shown */
async function refresh(shown) {
  details.clear();
  centre.clear();
  writeShow(shown);
  await showTree();
  if (!(await showLink())) await centre.showTop(tree.top);
}

/** Make a project, a dataset or a screen, and show it. */
async function make() {
  const [first] = chosen.things;
  const project = [first, chosen.parent].find((one) => one?.type === "project");
  const made = await makeContainer(project);
  if (made) await refresh([made]);
}

/** @param {Thing} thing */
async function change(thing) {
  if (await rename(thing)) await refresh(chosen.things.map(({ type, id }) => ({ type, id })));
}

/** @param {Thing[]} things */
async function discard(things) {
  const { parent } = chosen;
  if (!(await remove(things))) return;
  await refresh(parent ? [{ type: parent.type, id: parent.id }] : []);
}

/** F2 and Delete, in the tree and among the thumbnails. @param {KeyboardEvent} event */
function pressed({ key, target }) {
  const inside = target instanceof Element && target.closest("#tree, #grid, #plate");
  const { things } = chosen;
  if (!inside || things.length === 0 || things[0].type === "orphaned") return;
  if (key === "F2" && things.length === 1) change(things[0]);
  if (key === "Delete") discard(things);
}

/** Load the tree. Who has no data yet and never said otherwise sees everyone's. */
async function showTree() {
  const lines = await tree.show(scope.scope);
  if (lines !== 0 || scope.decided) return;
  scope.widen();
  await tree.show(scope.scope);
}

/**
 * Find a dataset or a plate in the tree, opening what it lies in.
 *
 * @param {"dataset" | "plate"} type
 * @param {number} id
 * @param {number | null} [folderId] where it lies, if that is known
 * @returns {Promise<Container | undefined>}
 */
async function findInFolder(type, id, folderId) {
  const parent = folderId ?? (await folderOf(type, id).catch(() => undefined));
  if (parent) await tree.openFolder(FOLDERS[type], parent);
  return tree.choose(type, id);
}

/**
 * @param {number} id
 * @param {string[]} keys of all that the link names
 * @returns {Promise<boolean>} whether its dataset is in the tree; without one it is shown all the same
 */
async function showImageOfLink(id, keys) {
  const { meta } = await imageData(id);
  const image = { id, name: meta.imageName, ownerId: -1 };
  const dataset = meta.datasetId && (await findInFolder("dataset", meta.datasetId, meta.projectId));
  tellTabs([{ type: "image", id }]);
  if (!dataset) {
    await details.showImage(image);
    return !meta.datasetId;
  }
  await centre.show(dataset, scope.scope, tree.parentOf(dataset));
  if (!centre.choose(keys)) await details.showImage(image, dataset.id);
  return true;
}

/**
 * @param {"run" | "well"} type
 * @param {number} id
 * @returns {Promise<boolean>} whether its plate is in the tree
 */
async function showPlateOfLink(type, id) {
  const found = await plateOf(type, id);
  const plate = found && (await findInFolder("plate", found.plate, found.screen));
  if (!plate) return false;
  await showContainer(plate);
  centre.choose([`${type}-${id}`]);
  return true;
}

/** Show what the address asks for. @returns {Promise<boolean>} whether it was found */
async function showLink() {
  const all = readShow(location.search);
  const [first] = all;
  if (!first) {
    await centre.showTop(tree.top);
    return true;
  }
  if (first.type === "image") {
    const keys = all.map(({ type, id }) => `${type}-${id}`);
    return showImageOfLink(first.id, keys).catch(() => false);
  }
  if (first.type === "well" || first.type === "run") return showPlateOfLink(first.type, first.id).catch(() => false);
  if (isFolder(first.type)) await tree.openFolder(first.type, first.id);
  const inside = first.type === "dataset" || first.type === "plate";
  const found = inside
    ? await findInFolder(/** @type {"dataset" | "plate"} */ (first.type), first.id)
    : tree.choose(first.type, first.id);
  if (found) await showContainer(found);
  return found !== undefined;
}

async function start() {
  details.clear();
  await scope.load().catch(() => undefined); // without it there is one group; the tree will say what is wrong
  await showTree();
  if (await showLink()) return;
  scope.widen();
  await tree.show(scope.scope);
  if (await showLink()) return;
  await centre.showTop(tree.top);
  const [{ type, id }] = readShow(location.search);
  centre.say(`The link leads to ${type} ${id}, which is not there any more, or you may not see it.`);
}

startSplitter(need("#split-tree", HTMLElement), {
  name: "tree",
  property: "--tree",
  grows: 1,
  width: 280,
  least: 200,
  most: 480,
});
startSplitter(need("#split-details", HTMLElement), {
  name: "details",
  property: "--details",
  grows: -1,
  width: 340,
  least: 260,
  most: 560,
});
need("#new", HTMLButtonElement).addEventListener("click", make);
document.addEventListener("keydown", pressed);
startKeyList();
start();
