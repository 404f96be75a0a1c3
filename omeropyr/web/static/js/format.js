/** How numbers, lengths, dates and names are written. */

const THIN_SPACE = "\u2009";
const MU = "µ";

/**
 * @param {number} value
 * @returns {string} whole, with thin spaces between thousands: `16 384`
 */
export function count(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/**
 * @param {number} value
 * @returns {string} three significant digits, without trailing zeros or an exponent
 */
export function significant(value) {
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1000 ? count(rounded) : String(rounded);
}

/**
 * @param {number} micrometres
 * @returns {string} `12.5 µm`, `1.2 mm`
 */
export function length(micrometres) {
  return micrometres >= 1000 ? `${significant(micrometres / 1000)} mm` : `${significant(micrometres)} ${MU}m`;
}

/**
 * @param {number} seconds since 1970
 * @returns {string} `3 May 2026, 14:05`
 */
export function dateTime(seconds) {
  /** @type {Intl.DateTimeFormatOptions} */
  const form = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  return new Date(seconds * 1000).toLocaleString("en-GB", form);
}

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/**
 * @param {number} seconds since 1970
 * @returns {string} `3 days ago`
 */
export function relativeTime(seconds) {
  const ago = seconds - Date.now() / 1000;
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, size] of UNITS) {
    if (Math.abs(ago) >= size) return words.format(Math.round(ago / size), unit);
  }
  return "just now";
}

/**
 * @param {number} number
 * @param {string} one "image"
 * @param {string} [many]
 * @returns {string} `1 image`, `12 000 images`
 */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}
