/** The theme switch of the user menu: as the system, light or dark. */

import { recall, remember } from "omeropyr/js/memory.js";

/** @typedef {"system" | "light" | "dark"} Theme */

/** @param {Theme} theme */
function apply(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    const own = button instanceof HTMLElement ? button.dataset.setTheme : undefined;
    button.setAttribute("aria-pressed", String(own === theme));
  }
}

/** Make every `[data-set-theme]` button work, and show which one holds. */
export function startThemeSwitch() {
  const applyStored = () => {
    const stored = recall("theme", "system");
    apply(stored === "light" || stored === "dark" ? stored : "system");
  };
  applyStored();
  addEventListener("storage", applyStored); // chosen in another window, or in the page around a panel
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.addEventListener("click", () => {
      const own = button instanceof HTMLElement ? button.dataset.setTheme : undefined;
      const theme = own === "light" || own === "dark" ? own : "system";
      remember("theme", theme);
      apply(theme);
    });
  }
}
