/** Whose data is shown: a choice of group, and of one's own data or everyone's. */

import { groups } from "omeropyr/client/data.js";
import { el } from "omeropyr/js/dom.js";
import { recall, remember } from "omeropyr/js/memory.js";

/** @typedef {import("omeropyr/client/data.js").Scope} Scope */

const GROUP_SHIFT = 4;
const [ANNOTATE, WRITE, READ] = [1, 2, 4];

/**
 * @param {number} perm OMERO's permission bits of a group
 * @returns {string} what its members may do with each other's data
 */
export function permissionWord(perm) {
  const members = perm >> GROUP_SHIFT;
  if (members & WRITE) return "read-write";
  if (members & ANNOTATE) return "read-annotate";
  return members & READ ? "read-only" : "private";
}

export class ScopeChoice {
  #group;
  #owner;
  #user;

  /**
   * @param {HTMLSelectElement} group
   * @param {HTMLSelectElement} owner with the values "mine" and "all"
   * @param {number} user id of the person logged in
   * @param {(scope: Scope) => void} changed
   */
  constructor(group, owner, user, changed) {
    this.#group = group;
    this.#owner = owner;
    this.#user = user;
    owner.value = recall("owner", "mine");
    for (const select of [group, owner]) {
      select.addEventListener("change", () => {
        remember("owner", owner.value);
        remember("group", group.value);
        changed(this.scope);
      });
    }
  }

  /** @returns {Scope} */
  get scope() {
    return { owner: this.#owner.value === "mine" ? this.#user : -1, group: Number(this.#group.value || -1) };
  }

  /** @returns {boolean} whether the person ever said whose data to show */
  get decided() {
    return recall("owner", "") !== "";
  }

  /** Show everyone's data, without keeping that as a wish. */
  widen() {
    this.#owner.value = "all";
    this.#group.value = "-1";
  }

  /** Fill the choice of groups; one group is no choice and is only named. */
  async load() {
    const all = await groups();
    const options = all.map(({ id, name, perm }) => el("option", { value: id }, `${name} (${permissionWord(perm)})`));
    this.#group.replaceChildren(el("option", { value: -1 }, "All groups"), ...options);
    const stored = recall("group", "-1");
    this.#group.value = all.some(({ id }) => String(id) === stored) ? stored : "-1";
  }
}
