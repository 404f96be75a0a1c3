/** Small things the browser remembers for this person: panel widths, thumbnail size, theme. Never data. */

const PREFIX = "omeropyr.";

/**
 * @param {string} name
 * @param {string} otherwise
 * @returns {string} what was remembered under the name
 */
export function recall(name, otherwise) {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise; // storage refused by the browser
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage refused or full: the page works, it only forgets.
  }
}

/** @param {string} name */
export function forget(name) {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // As above.
  }
}
