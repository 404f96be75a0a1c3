/** The previous and the next image of the dataset the image was opened from. */

import { address, getJson } from "omeropyr/js/api.js";

/** @typedef {import("omeropyr/viewer/image-data.js").ImageData} ImageData */

/**
 * @param {ImageData} data
 * @param {URLSearchParams} query of the address; `dataset` says where the image was opened from
 * @returns {{go: (step: 1 | -1) => Promise<void>}}
 */
export function siblings(data, query) {
  const dataset = Number(query.get("dataset")) || data.meta.datasetId;
  /** @type {Promise<number[]> | undefined} */
  let ids;

  /** @returns {Promise<number[]>} */
  const load = async () => {
    if (!dataset) return [];
    const answer = await getJson(address("/webclient/api/images/", { id: dataset, page: 0 }));
    return answer.images.map((/** @type {{id: number}} */ image) => image.id);
  };

  return {
    async go(step) {
      ids ??= load().catch(() => []); // without the browse page there are no neighbours
      const all = await ids;
      const next = all[all.indexOf(data.id) + step];
      if (all.includes(data.id) && next !== undefined) {
        location.assign(address(`/webclient/img_detail/${next}/`, { dataset: dataset ?? undefined }));
      }
    },
  };
}
