/** The image as an OpenLayers layer: tiles of all levels, or one picture for an image without levels. */

import { address, isAbort } from "omeropyr/js/api.js";
import { ImageTile, Projection, TileGrid, TileLayer } from "omeropyr/viewer/ol.js";

/** @typedef {import("omeropyr/viewer/image-data.js").ImageData} ImageData */
/** @typedef {import("omeropyr/viewer/picture-store.js").PictureStore} PictureStore */
/** @typedef {import("omeropyr/viewer/settings.js").Settings} Settings */
/** @typedef {{z: number, t: number}} Plane */

const LEAST_BETWEEN = 60; // milliseconds between two settings that are asked for, while a thumb is dragged

/** A source whose pictures change with the settings; the old ones stay on screen until the new ones are there. */
class RenderedSource extends ImageTile {
  /** @param {string} key of the settings in force */
  renew(key) {
    this.setKey(key);
  }
}

export class ImageLayer {
  #current = new AbortController();
  #data;
  #grid;
  #settings;
  #source;
  #store;

  /**
   * @param {ImageData} data
   * @param {Settings} settings
   * @param {PictureStore} store
   * @param {(error: unknown) => void} failed called when a picture could not be loaded
   */
  constructor(data, settings, store, failed) {
    this.#data = data;
    this.#settings = settings;
    this.#store = store;
    const { width, height } = data.size;
    /** [left, bottom, right, top] in image pixels; y points up, so the image lies below 0. */
    this.extent = [0, -height, width, 0];
    this.projection = new Projection({ code: "image", units: "pixels", extent: this.extent });
    this.#grid = tileGrid(data);
    this.#source = new RenderedSource({
      projection: this.projection,
      tileGrid: this.#grid,
      interpolate: data.interpolate,
      wrapX: false,
      transition: 0,
      loader: async (level, x, y, { signal }) => {
        try {
          return await this.#load(level, x, y, AbortSignal.any([signal, this.#current.signal]));
        } catch (error) {
          if (!isAbort(error)) failed(error);
          throw error;
        }
      },
    });
    this.#source.renew(settings.key);
    this.layer = new TileLayer({ source: this.#source, preload: 1, cacheSize: 512 });
    const renew = spaced(LEAST_BETWEEN, () => this.#renew());
    settings.addEventListener("change", renew);
  }

  /** Ask for the pictures of the settings now in force; nobody waits for the earlier ones any more. */
  #renew() {
    this.#current.abort();
    this.#current = new AbortController();
    this.#source.renew(this.#settings.key);
  }

  /** Load anew what failed. */
  retry() {
    this.#source.refresh();
  }

  /**
   * @param {number[]} extent in image pixels
   * @param {number} resolution image pixels per screen pixel
   * @param {Plane} plane
   * @returns {string[]} addresses of the pictures that cover the extent in another plane
   */
  addresses(extent, resolution, plane) {
    /** @type {string[]} */
    const found = [];
    const level = this.#grid.getZForResolution(resolution);
    const range = this.#grid.getFullTileRange(level);
    this.#grid.forEachTileCoord(extent, level, ([z, x, y]) => {
      if (!range || range.containsXY(x, y)) found.push(this.#address(z, x, y, plane));
    });
    return found;
  }

  /**
   * @param {number} level of OpenLayers: 0 is the smallest
   * @param {number} x
   * @param {number} y
   * @param {Plane} plane
   */
  #address(level, x, y, plane) {
    const { id, tiles } = this.#data;
    const { query } = this.#settings;
    if (!tiles) return `${address(`/webgateway/render_image/${id}/${plane.z}/${plane.t}/`)}?${query}`;
    const [width, height] = sizeOf(this.#grid, level);
    const ours = this.#grid.getMaxZoom() - level;
    const region = `${address(`/webgateway/render_image_region/${id}/${plane.z}/${plane.t}/`)}`;
    return `${region}?tile=${ours},${x},${y},${width},${height}&${query}`;
  }

  /**
   * @param {number} level
   * @param {number} x
   * @param {number} y
   * @param {AbortSignal} signal
   * @returns {Promise<ImageBitmap | HTMLCanvasElement>} exactly the size of a tile
   */
  async #load(level, x, y, signal) {
    const picture = await this.#store.picture(this.#address(level, x, y, this.#settings), signal);
    const [width, height] = sizeOf(this.#grid, level);
    if (picture.width === width && picture.height === height) return picture;
    const canvas = document.createElement("canvas"); // tiles at the right and lower edge come cropped
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
    picture.close();
    return canvas;
  }
}

/**
 * @param {number} least milliseconds between two runs
 * @param {() => void} run
 * @returns {() => void} runs at once if it may, otherwise as soon as it may
 */
function spaced(least, run) {
  let last = 0;
  let timer = 0;
  return () => {
    clearTimeout(timer);
    const go = () => {
      last = performance.now();
      run();
    };
    const rest = last + least - performance.now();
    if (rest <= 0) go();
    else timer = setTimeout(go, rest);
  };
}

/**
 * @param {InstanceType<typeof TileGrid>} grid
 * @param {number} level
 * @returns {[number, number]}
 */
function sizeOf(grid, level) {
  const size = grid.getTileSize(level);
  return typeof size === "number" ? [size, size] : [size[0], size[1]];
}

/**
 * @param {ImageData} data
 * @returns {InstanceType<typeof TileGrid>} levels from the smallest to the full size
 */
function tileGrid(data) {
  const { width, height } = data.size;
  if (!data.tiles || !data.tile_size || !data.resolutions) {
    return new TileGrid({ origin: [0, 0], resolutions: [1], tileSize: [width, height], sizes: [[1, 1]] });
  }
  const tile = data.tile_size;
  const levels = Object.entries(data.resolutions)
    .sort(([a], [b]) => Number(b) - Number(a))
    .map(([, level]) => level);
  return new TileGrid({
    origin: [0, 0],
    resolutions: levels.map((level) => width / level.sizeX),
    tileSize: [tile.width, tile.height],
    sizes: levels.map((level) => [Math.ceil(level.sizeX / tile.width), Math.ceil(level.sizeY / tile.height)]),
  });
}
