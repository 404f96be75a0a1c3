/** A session that ended while a page was in use: its user logs in on the page itself, so that nothing typed is lost. */

import { el, iconButton } from "omeropyr/js/dom.js";

const { dataset } = document.documentElement;

/** Who waits for the log-in: all requests that were refused, and one dialog. @type {Promise<boolean> | undefined} */
let asking;

/** @returns {string} what says that a change is this page's own */
export function csrfToken() {
  return /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";
}

/**
 * Ask for the password of the page's user.
 *
 * @param {string} address of the log-in page
 * @returns {Promise<boolean>} whether they are logged in again; `false` where they closed the dialog
 */
export function logInAgain(address) {
  asking ??= ask(address).finally(() => {
    asking = undefined;
  });
  return asking;
}

/** @returns {boolean} whether the page has a user who can be asked */
export function hasUser() {
  return dataset.userName !== undefined;
}

/**
 * @param {string} address
 * @returns {Promise<boolean>}
 */
function ask(address) {
  const problem = el("p", { class: "message message-danger", role: "alert", hidden: true });
  const password = el("input", {
    class: "input input-large",
    id: "again-password",
    type: "password",
    required: true,
    autofocus: true,
    autocomplete: "current-password",
  });
  const button = el("button", { class: "button button-main button-wide input-large" }, "Log in");
  const form = el(
    "form",
    { class: "dialog-body log-in-again" },
    el("p", {}, "Log in again to go on. What you typed is still here."),
    problem,
    field("User name", "again-user", userName()),
    field("Password", "again-password", password),
    button,
    el("p", {}, el("a", { href: `${address}?url=${encodeURIComponent(here())}` }, "Log in as somebody else")),
  );
  const title = el("h2", { id: "again-title" }, "Your session has ended");
  const close = iconButton("x", "Not now", () => dialog.close());
  const head = el("div", { class: "dialog-head" }, title, close);
  const dialog = el("dialog", { class: "dialog dialog-small", "aria-labelledby": "again-title" }, head, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "in");
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      const refusal = await logIn(address, password.value);
      button.disabled = false;
      if (refusal === null) return dialog.close("in");
      problem.textContent = refusal;
      problem.hidden = false;
      password.select();
    });
  });
}

/**
 * @param {string} address
 * @param {string} password
 * @returns {Promise<string | null>} why it did not work; `null` where it did
 */
async function logIn(address, password) {
  const fields = { username: dataset.userName ?? "", server: dataset.server ?? "1", password };
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  /** @type {RequestInit} */
  const options = { method: "POST", headers, body: new URLSearchParams(fields), redirect: "manual" };
  try {
    const response = await fetch(address, { ...options, credentials: "same-origin" });
    if (response.type !== "opaqueredirect") {
      return (await response.json().catch(() => ({}))).message ?? `The server answered ${response.status}.`;
    }
  } catch {
    return "The server could not be reached. Check the connection and try again.";
  }
  // The forms of the page, the one to log out among them, were made for the session before.
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) {
    if (input instanceof HTMLInputElement) input.value = csrfToken();
  }
  return null;
}

function userName() {
  const attributes = { class: "input input-large", id: "again-user", autocomplete: "username", readonly: true };
  return el("input", { ...attributes, value: dataset.userName });
}

/**
 * @param {string} label
 * @param {string} id
 * @param {HTMLElement} input
 */
function field(label, id, input) {
  return el("div", { class: "field" }, el("label", { for: id }, label), input);
}

function here() {
  return location.pathname + location.search;
}
