/** OpenLayers, as the page has loaded it (`vendor/ol/ol.js`), with its types. Nothing else touches the global. */

/**
 * @typedef {object} Library
 * @property {typeof import("ol/Map.js").default} Map
 * @property {typeof import("ol/View.js").default} View
 * @property {{Tile: typeof import("ol/layer/Tile.js").default}} layer
 * @property {{ImageTile: typeof import("ol/source/ImageTile.js").default}} source
 * @property {{Projection: typeof import("ol/proj/Projection.js").default}} proj
 * @property {{TileGrid: typeof import("ol/tilegrid/TileGrid.js").default}} tilegrid
 */

const ol = /** @type {{ol: Library}} */ (/** @type {unknown} */ (globalThis)).ol;

export const { Map: OlMap, View } = ol;
export const { Tile: TileLayer } = ol.layer;
export const { ImageTile } = ol.source;
export const { Projection } = ol.proj;
export const { TileGrid } = ol.tilegrid;
