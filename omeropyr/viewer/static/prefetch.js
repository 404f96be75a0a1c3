/** Fetches the neighbours in Z and T of what is in view, once the view itself is complete and rests. */

import { isAbort } from "omeropyr/js/api.js";

const REST = 250; // milliseconds
const AT_ONCE = 2;
const MOST_TILES = 24; // in view; a bigger view moves in planes seldom

/**
 * @param {import("omeropyr/viewer/stage.js").Stage} stage
 * @param {import("omeropyr/viewer/image-layer.js").ImageLayer} image
 * @param {import("omeropyr/viewer/settings.js").Settings} settings
 * @param {import("omeropyr/viewer/picture-store.js").PictureStore} store
 * @param {{z: number, t: number}} size planes of the image
 */
export function startPrefetch(stage, image, settings, store, size) {
  let abort = new AbortController();
  let timer = 0;

  /** @returns {{z: number, t: number}[]} */
  const neighbours = () => {
    const { z, t } = settings;
    const around = [
      { z: z + 1, t },
      { z: z - 1, t },
      { z, t: t + 1 },
      { z, t: t - 1 },
    ];
    return around.filter((plane) => plane.z >= 0 && plane.z < size.z && plane.t >= 0 && plane.t < size.t);
  };

  const run = async () => {
    const { signal } = abort;
    const extent = stage.view.calculateExtent(stage.map.getSize());
    const resolution = stage.view.getResolution() ?? 1;
    const addresses = neighbours().map((plane) => image.addresses(extent, resolution, plane));
    if (addresses.some((some) => some.length > MOST_TILES)) return;
    const waiting = addresses.flat();
    const worker = async () => {
      for (let url = waiting.shift(); url && !signal.aborted; url = waiting.shift()) await store.prefetch(url, signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker)).catch((error) => {
      if (!isAbort(error)) waiting.length = 0; // the view itself will say so when it comes there
    });
  };

  stage.map.on("rendercomplete", () => {
    clearTimeout(timer);
    timer = setTimeout(run, REST);
  });
  for (const type of /** @type {const} */ (["movestart", "loadstart"])) {
    stage.map.on(type, () => {
      clearTimeout(timer);
      abort.abort();
      abort = new AbortController();
    });
  }
}
