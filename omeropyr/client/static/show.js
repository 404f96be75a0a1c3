/** The deep link of the page: `?show=image-2`, several joined by `|`, as OMERO.web writes and reads it. */

/** @typedef {{type: string, id: number}} Shown */

/**
 * @param {string} search of the address
 * @returns {Shown[]} what is asked for, in order; what cannot be read is left out
 */
export function readShow(search) {
  const show = new URLSearchParams(search).get("show") ?? "";
  return show.split("|").flatMap((part) => {
    const match = /^(project|dataset|screen|plate|run|acquisition|well|image|orphaned)(?:\.id)?[-=](\d+)$/.exec(part);
    return match ? [{ type: match[1] === "acquisition" ? "run" : match[1], id: Number(match[2]) }] : [];
  });
}

/**
 * Put what is shown in the address bar, without a step in the history.
 *
 * @param {Shown[]} shown
 */
export function writeShow(shown) {
  const url = new URL(location.href);
  const value = shown.map(({ type, id }) => `${type}-${id}`).join("|");
  url.search = value ? `?show=${value}` : "";
  history.replaceState(history.state, "", url);
}
