/** The JSON that the browser page reads, with its shapes. */

import { address, getJson } from "omeropyr/js/api.js";
import { need } from "omeropyr/js/dom.js";

const browse = need("#browse", HTMLElement);

/** How many objects one answer holds, as the site has set it; a full page means there may be more. */
export const PAGE_SIZE = Number(browse.dataset.pageSize);

/** What a dataset or a plate lies in.
 * @type {Record<"dataset" | "plate", "project" | "screen">} */
export const FOLDERS = { dataset: "project", plate: "screen" };

/** A filter on whose data is shown; -1 is everyone, or all groups.
 * @typedef {{owner: number, group: number}} Scope */

/** @typedef {"project" | "dataset" | "screen" | "plate" | "orphaned"} ContainerType */

/** `permsCss` has the words `canEdit` and `canDelete`, where they are true; it is left out where nothing is known.
 * @typedef {{type: ContainerType, id: number, name: string, count: number, ownerId: number,
 *   permsCss?: string}} Container */

/** @typedef {{id: number, name: string, ownerId: number, permsCss?: string}} ImageItem */

/** @typedef {{id: number, name: string, perm: number}} Group */

/** @typedef {{id: number, name: string, wellId: number}} WellImage */

/**
 * @typedef {object} PlateGrid
 * @property {(WellImage | null)[][]} grid rows of wells
 * @property {(string | number)[]} rowlabels
 * @property {(string | number)[]} collabels
 * @property {number} fields how many each well has at most
 */

/**
 * @typedef {object} Channel
 * @property {string} label
 * @property {string} color `RRGGBB`
 * @property {number | null} emissionWave nanometres
 */

/**
 * @typedef {object} ImageData
 * @property {number} id
 * @property {{imageName: string, imageAuthor: string, imageDescription: string, imageTimestamp: number,
 *   pixelsType: string, projectId: number | null, projectName: string, datasetId: number | null,
 *   datasetName: string}} meta
 * @property {{width: number, height: number, z: number, t: number, c: number}} [size]
 * @property {{x: number | null, y: number | null, z: number | null}} [pixel_size] micrometres
 * @property {Channel[]} [channels]
 * @property {number} [nominalMagnification]
 * @property {{canAnnotate: boolean, canEdit: boolean}} perms
 */

/**
 * @param {ContainerType} type
 * @returns {(row: any) => Container}
 */
function container(type) {
  return ({ id, name, childCount = 0, ownerId, permsCss }) => ({
    type,
    id,
    name,
    count: childCount,
    ownerId,
    permsCss,
  });
}

/**
 * @param {Scope} scope
 * @param {number} page from 1
 * @param {AbortSignal} [signal]
 * @returns {Promise<{items: Container[], more: boolean}>} projects, datasets of no project, screens, plates of no
 *   screen, and the orphaned images
 */
export async function topContainers(scope, page, signal) {
  const url = address("/webclient/api/containers/", { id: scope.owner, group: scope.group, page });
  const answer = await getJson(url, signal);
  const projects = (answer.projects ?? []).map(container("project"));
  const datasets = (answer.datasets ?? []).map(container("dataset"));
  const screens = (answer.screens ?? []).map(container("screen"));
  const plates = (answer.plates ?? []).map(container("plate"));
  const lists = [projects, datasets, screens, plates];
  const items = lists.flat();
  if (page === 1 && answer.orphaned?.childCount > 0) {
    const { id, name, childCount } = answer.orphaned;
    items.push({ type: "orphaned", id, name: name || "Orphaned images", count: childCount, ownerId: id });
  }
  return { items, more: lists.some((list) => list.length >= PAGE_SIZE) };
}

/**
 * @param {Container} parent a project or a screen
 * @param {Scope} scope
 * @param {number} page from 1
 * @param {AbortSignal} [signal]
 * @returns {Promise<{items: Container[], more: boolean}>} its datasets, or its plates
 */
export async function childrenOf(parent, scope, page, signal) {
  const type = parent.type === "screen" ? "plate" : "dataset";
  const url = address(`/webclient/api/${type}s/`, { id: parent.id, group: scope.group, page });
  const items = ((await getJson(url, signal))[`${type}s`] ?? []).map(container(type));
  return { items, more: items.length >= PAGE_SIZE };
}

/**
 * @param {number} plateId
 * @param {number} field from 0
 * @param {AbortSignal} [signal]
 * @returns {Promise<PlateGrid>}
 */
export function plateGrid(plateId, field, signal) {
  return getJson(address(`/webgateway/plate/${plateId}/${field}/`), signal);
}

/**
 * @param {Container} parent a dataset or the orphaned images
 * @param {Scope} scope
 * @param {number} page from 1
 * @param {AbortSignal} [signal]
 * @returns {Promise<{items: ImageItem[], more: boolean}>}
 */
export async function imagesOf(parent, scope, page, signal) {
  const orphaned = { orphaned: true, experimenter_id: scope.owner };
  const which = parent.type === "orphaned" ? orphaned : { id: parent.id };
  const url = address("/webclient/api/images/", { ...which, group: scope.group, page });
  const items = (await getJson(url, signal)).images ?? [];
  return { items, more: items.length >= PAGE_SIZE };
}

/**
 * @param {Container} container
 * @returns {Promise<number | undefined>} id of the first image in it; of a project, in its first dataset
 */
export async function firstImage({ type, id }) {
  const one = { page: 1, limit: 1 };
  if (type === "screen") {
    const { plates } = await getJson(address("/webclient/api/plates/", { id, ...one }));
    return plates?.length ? firstImage({ ...container("plate")(plates[0]) }) : undefined;
  }
  if (type === "plate") return (await plateGrid(id, 0)).grid.flat().find((well) => well !== null)?.id;
  if (type === "project") {
    const { datasets } = await getJson(address("/webclient/api/datasets/", { id, ...one }));
    return datasets?.length ? firstImage({ ...container("dataset")(datasets[0]) }) : undefined;
  }
  const which = type === "orphaned" ? { orphaned: true, experimenter_id: id } : { id };
  return (await getJson(address("/webclient/api/images/", { ...which, ...one }))).images?.[0]?.id;
}

/**
 * @param {number} imageId
 * @param {AbortSignal} [signal]
 * @returns {Promise<ImageData>}
 */
export function imageData(imageId, signal) {
  return getJson(address(`/webgateway/imgData/${imageId}/`), signal);
}

/**
 * @param {"dataset" | "plate"} type
 * @param {number} id
 * @returns {Promise<number | undefined>} a project the dataset lies in, or a screen the plate lies in
 */
export async function folderOf(type, id) {
  const { paths } = await getJson(address("/webclient/api/paths_to_object/", { [type]: id }));
  /** @type {{type: string, id: number}[]} */
  const path = paths[0] ?? [];
  return path.find((step) => step.type === FOLDERS[type])?.id;
}

/**
 * @param {"run" | "well"} type
 * @param {number} id
 * @returns {Promise<{plate: number, screen?: number} | undefined>} the plate it is of, and a screen that lies in
 */
export async function plateOf(type, id) {
  const { paths } = await getJson(address("/webclient/api/paths_to_object/", { [type]: id }));
  /** @type {{type: string, id: number}[]} */
  const path = paths[0] ?? [];
  const plate = path.find((step) => step.type === "plate")?.id;
  return plate === undefined ? undefined : { plate, screen: path.find((step) => step.type === "screen")?.id };
}

/**
 * @param {number} id
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>} the full name of a person
 */
export async function personName(id, signal) {
  const { experimenter } = await getJson(address(`/webclient/api/experimenters/${id}/`), signal);
  return `${experimenter.firstName ?? ""} ${experimenter.lastName ?? ""}`.trim() || experimenter.omeName;
}

/** @returns {Promise<Group[]>} the groups of this person */
export async function groups() {
  return (await getJson(address("/webclient/api/groups/"))).groups ?? [];
}

/**
 * @param {number} imageId
 * @param {number} size longest side, pixels
 * @returns {string}
 */
export function thumbnail(imageId, size) {
  return address(`/webgateway/render_thumbnail/${imageId}/${size}/`);
}

/**
 * @param {number} imageId
 * @param {number} [datasetId] where the neighbours are
 * @returns {string | null} address of the viewer; null where none is switched on
 */
export function viewer(imageId, datasetId) {
  const { viewer: pattern } = browse.dataset;
  if (!pattern) return null;
  return pattern.replace("{iid}", String(imageId)) + (datasetId ? `?dataset=${datasetId}` : "");
}
