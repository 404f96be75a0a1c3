/** Pictures by address: kept compressed for a while, so that going back and forth in Z or T costs nothing. */

import { request } from "omeropyr/js/api.js";

const KEEP_BYTES = 96 * 1024 * 1024;

export class PictureStore {
  /** @type {Map<string, Blob>} the least recently used first */
  #blobs = new Map();
  #bytes = 0;

  /**
   * @param {string} url
   * @param {AbortSignal} [signal]
   * @returns {Promise<ImageBitmap>}
   */
  async picture(url, signal) {
    return createImageBitmap(await this.#blob(url, "auto", signal));
  }

  /**
   * Have a picture at hand for later.
   *
   * @param {string} url
   * @param {AbortSignal} signal
   */
  async prefetch(url, signal) {
    if (!this.#blobs.has(url)) await this.#blob(url, "low", signal);
  }

  /**
   * @param {string} url
   * @param {RequestPriority} priority
   * @param {AbortSignal} [signal]
   * @returns {Promise<Blob>}
   */
  async #blob(url, priority, signal) {
    const known = this.#blobs.get(url);
    if (known) {
      this.#blobs.delete(url);
      this.#blobs.set(url, known);
      return known;
    }
    const blob = await (await request(url, { signal, priority })).blob();
    this.#keep(url, blob);
    return blob;
  }

  /**
   * @param {string} url
   * @param {Blob} blob
   */
  #keep(url, blob) {
    if (this.#blobs.has(url)) return;
    this.#blobs.set(url, blob);
    this.#bytes += blob.size;
    for (const [oldest, { size }] of this.#blobs) {
      if (this.#bytes <= KEEP_BYTES) break;
      this.#blobs.delete(oldest);
      this.#bytes -= size;
    }
  }
}
