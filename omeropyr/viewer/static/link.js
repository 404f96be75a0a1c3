/** The deep link of the viewer in OMERO.web's words: `c m maps z t zm x y`; `z` and `t` count from 1, `zm` is per cent. */

/** @typedef {import("omeropyr/viewer/settings.js").Settings} Settings */

/** @typedef {{zoom: number, x: number, y: number}} Place zoom in per cent, centre in image pixels */

const CHANNEL = /^(-?)(\d+)(?:\|(-?[\d.]+(?:e[+-]?\d+)?):(-?[\d.]+(?:e[+-]?\d+)?))?(?:\$([0-9a-f]{6}|[\w.-]+\.lut))?$/i;

/**
 * Apply the settings of an address. What cannot be read is left as it was.
 *
 * @param {URLSearchParams} query
 * @param {Settings} settings
 */
export function applyLink(query, settings) {
  const channels = query.get("c");
  if (channels) applyChannels(channels, settings);
  applyMaps(query.get("maps"), settings);
  const model = query.get("m");
  if (model === "g" || model === "c") settings.grey = model === "g";
  const [z, t] = [Number(query.get("z")), Number(query.get("t"))];
  settings.setPlane({ z: z > 0 ? z - 1 : undefined, t: t > 0 ? t - 1 : undefined });
}

/**
 * Channels that are not named are switched off, as OMERO.web does.
 *
 * @param {string} text
 * @param {Settings} settings
 */
function applyChannels(text, settings) {
  const matches = text.split(",").map((entry) => CHANNEL.exec(entry));
  if (matches.every((match) => match === null)) return;
  for (const channel of settings.channels) channel.active = false;
  for (const match of matches) {
    const channel = match && settings.channels[Number(match[2]) - 1];
    if (!channel) continue;
    channel.active = match[1] === "";
    if (match[3] && match[4] && Number(match[3]) < Number(match[4])) {
      channel.start = Number(match[3]);
      channel.end = Number(match[4]);
    }
    const color = match[5];
    if (color)
      Object.assign(channel, color.endsWith(".lut") ? { lut: color } : { color: color.toUpperCase(), lut: null });
  }
}

/**
 * @param {string | null} text
 * @param {Settings} settings
 */
function applyMaps(text, settings) {
  if (!text) return;
  try {
    const maps = JSON.parse(text);
    for (const [index, channel] of settings.channels.entries()) {
      const enabled = maps[index]?.inverted?.enabled;
      channel.inverted = enabled === true || enabled === "true";
    }
  } catch {
    // As OMERO.web: what is no JSON is left out.
  }
}

/**
 * @param {URLSearchParams} query
 * @returns {Place | null} where to look, if the address says so
 */
export function readPlace(query) {
  const [zoom, x, y] = ["zm", "x", "y"].map((name) => Number(query.get(name) || Number.NaN));
  return zoom > 0 && Number.isFinite(x) && Number.isFinite(y) ? { zoom, x, y } : null;
}

/**
 * Put the settings and the place in the address bar, beside what else stands there (`dataset`).
 *
 * @param {Settings} settings
 * @param {Place} place
 */
export function writeLink(settings, place) {
  const url = new URL(location.href);
  const values = {
    c: settings.channelText,
    m: settings.grey ? "g" : "c",
    z: settings.z + 1,
    t: settings.t + 1,
    zm: Math.round(place.zoom * 10) / 10,
    x: Math.round(place.x),
    y: Math.round(place.y),
  };
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, String(value));
  if (settings.mapText) url.searchParams.set("maps", settings.mapText);
  else url.searchParams.delete("maps");
  url.search = url.search.replaceAll("%7C", "|").replaceAll("%3A", ":").replaceAll("%24", "$").replaceAll("%2C", ",");
  history.replaceState(history.state, "", url);
}
