/** The keys of the page, which `?` lists. */

import { el, iconButton } from "omeropyr/js/dom.js";

const KEYS = [
  ["/", "Search"],
  ["← → ↑ ↓", "Move in the tree and among the thumbnails"],
  ["Enter", "Open a folder, or an image in the viewer"],
  ["Shift ← →", "Select from here to there; a click does so, too"],
  ["Ctrl Space", "Add to what is selected, or take away; a click does so, too"],
  ["Ctrl A", "Select all thumbnails that are loaded"],
  ["F2", "Rename what is selected"],
  ["Delete", "Delete what is selected, after asking"],
  ["Esc", "Close what is open"],
  ["?", "This list"],
];

/** Listen for `?`. */
export function startKeyList() {
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const typing = target instanceof HTMLElement && target.matches("input, textarea, select");
    if (event.key !== "?" || typing || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    show();
  });
}

function show() {
  const lines = KEYS.flatMap(([keys, does]) => [
    el("dt", {}, ...keys.split(" ").map((key) => el("kbd", {}, key))),
    el("dd", {}, does),
  ]);
  const dialog = el(
    "dialog",
    { class: "dialog", "aria-labelledby": "keys-title" },
    el(
      "div",
      { class: "dialog-head" },
      el("h2", { id: "keys-title" }, "Keys"),
      iconButton("x", "Close", () => dialog.close()),
    ),
    el("div", { class: "dialog-body" }, el("dl", { class: "keys" }, ...lines)),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
