/** Talking to the server: addresses, answers, errors. */

import { csrfToken, hasUser, logInAgain } from "omeropyr/js/log-in-again.js";

const LOG_IN = "/webclient/login/";

/** An answer that is an error, or no answer at all (`status` 0). */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {string} [code]
   */
  constructor(status, message, code = "") {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

/**
 * @param {string} path from the root of omeropyr, with the leading slash
 * @param {Record<string, string | number | boolean | undefined>} [query] `undefined` is left out
 * @returns {string} the address, below the prefix the site has chosen
 */
export function address(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const tail = search.size ? `?${search}` : "";
  return `${document.documentElement.dataset.prefix ?? ""}${path}${tail}`;
}

/** Go to the log-in page and come back to what the address bar shows now. */
function logIn() {
  const here = location.pathname + location.search;
  location.assign(address(LOG_IN, { url: here }));
}

/**
 * @param {Response} response not ok
 * @returns {Promise<ApiError>}
 */
async function errorOf(response) {
  const body = await response.json().catch(() => ({}));
  const message = typeof body.message === "string" ? body.message : "";
  if (response.status === 503)
    return new ApiError(503, message || "OMERO does not answer. Nothing was lost.", body.code);
  return new ApiError(response.status, message || `The server answered ${response.status}.`, body.code);
}

/**
 * Fetch and check. Errors become `ApiError`; an aborted request stays an `AbortError`. Whose session has ended is
 * asked for the password, and the request is sent again.
 *
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function request(url, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { "X-Requested-With": "XMLHttpRequest", .../** @type {object} */ (options.headers) };
  if (options.method === "POST") headers["X-CSRFToken"] = csrfToken();
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server could not be reached. Check the connection and try again.");
  }
  if (response.ok) return response;
  const error = await errorOf(response);
  // A page that is being left asks nothing.
  if (error.code === "not_logged_in" && !options.keepalive) {
    if (!hasUser()) logIn();
    else if (await logInAgain(address(LOG_IN))) return request(url, options);
  }
  throw error;
}

/**
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} the parsed answer
 */
export async function getJson(url, signal) {
  const response = await request(url, { signal, headers: { Accept: "application/json" } });
  return response.json();
}

/** Keep the session alive; a failure says nothing, the next real request will. */
export function ping() {
  request(address("/webclient/keepalive_ping/")).catch(() => undefined);
}

/**
 * @param {unknown} error
 * @returns {boolean} whether the request was given up on purpose
 */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
