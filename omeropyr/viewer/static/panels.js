/** The panels over the image (`change` when they cover another part of it): fold all away, the channels as a sheet on a phone, the list of keys. */

import { need } from "omeropyr/js/dom.js";

const PHONE = matchMedia("(max-width: 639px)");

export class Panels extends EventTarget {
  #viewer = need("#viewer", HTMLElement);
  #channels = need("#channel-panel", HTMLElement);
  #toggle = need("#toggle-channels", HTMLButtonElement);
  #help = need("#help", HTMLDialogElement);

  constructor() {
    super();
    this.#toggle.addEventListener("click", () => this.showChannels(this.#channels.hidden));
    need("#close-channels", HTMLButtonElement).addEventListener("click", () => this.showChannels(false));
    need("#open-help", HTMLButtonElement).addEventListener("click", () => this.help());
    need("#close-help", HTMLButtonElement).addEventListener("click", () => this.#help.close());
    need("#show-panels", HTMLButtonElement).addEventListener("click", () => this.hide(false));
    PHONE.addEventListener("change", () => this.showChannels(!PHONE.matches));
    this.showChannels(!PHONE.matches);
  }

  /** @param {boolean} show */
  showChannels(show) {
    const focused = this.#channels.contains(document.activeElement);
    this.#channels.hidden = !show;
    this.#toggle.setAttribute("aria-pressed", String(show));
    if (!show && focused) this.#toggle.focus();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {boolean} [hide] without it: the other way round */
  hide(hide = !("bare" in this.#viewer.dataset)) {
    if (hide) this.#viewer.dataset.bare = "";
    else delete this.#viewer.dataset.bare;
    this.dispatchEvent(new Event("change"));
  }

  /** Show the list of keys; Esc closes it, as any dialog. */
  help() {
    this.#help.showModal();
  }

  /** Close what is open: first the sheet of a phone, then bare mode. */
  escape() {
    if (PHONE.matches && !this.#channels.hidden) this.showChannels(false);
    else this.hide(false);
  }

  /** @returns {number[]} top, right, bottom, left that the panels cover */
  padding() {
    if ("bare" in this.#viewer.dataset) return [0, 0, 0, 0];
    const bottom = need("#t-panel", HTMLElement).hidden ? 16 : 64;
    const z = need("#z-panel", HTMLElement).hidden ? 0 : 52;
    if (PHONE.matches) return [64, 8 + z, 112, 8];
    const sideways = this.#channels.hidden ? 16 : this.#channels.offsetWidth + 32;
    return [64, sideways + z, bottom, 16];
  }
}
