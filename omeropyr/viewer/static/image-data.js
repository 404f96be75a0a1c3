/** What the server says about one image (`/webgateway/imgData/ID/`). */

import { address, getJson } from "omeropyr/js/api.js";

/**
 * @typedef {object} ChannelData
 * @property {string} label
 * @property {string} color `RRGGBB`
 * @property {boolean} active
 * @property {{min: number, max: number, start: number, end: number}} window
 * @property {number | null} emissionWave nanometres
 * @property {boolean} inverted
 * @property {string} family of the curve from intensity to brightness
 * @property {number} coefficient of the curve
 * @property {string} [lut] name of a lookup table, in place of the colour
 */

/**
 * @typedef {object} ImageData
 * @property {number} id
 * @property {{imageName: string, datasetId: number | null, datasetName: string, pixelsType: string}} meta
 * @property {{width: number, height: number, z: number, t: number, c: number}} size
 * @property {{x: number | null, y: number | null, z: number | null}} pixel_size micrometres
 * @property {ChannelData[]} channels
 * @property {{model: string, defaultZ: number, defaultT: number}} rdefs
 * @property {boolean} tiles whether it has resolution levels
 * @property {boolean} interpolate
 * @property {[number, number]} pixel_range
 * @property {{width: number, height: number}} [tile_size]
 * @property {Record<string, {sizeX: number, sizeY: number}>} [resolutions] level 0 is the full size
 */

/**
 * @param {number} id
 * @returns {Promise<ImageData>}
 */
export async function imageData(id) {
  const data = await getJson(address(`/webgateway/imgData/${id}/`));
  if (!data.size || !data.channels?.length) throw new Error("The pixels of this image cannot be read.");
  return data;
}

/**
 * @param {ImageData} data
 * @returns {boolean} whether intensities may have a fraction
 */
export function isFloat(data) {
  return data.meta.pixelsType === "float" || data.meta.pixelsType === "double";
}
