/** What every page does: the theme switch, and keeping the session alive while the page is in use. */

import { ping } from "omeropyr/js/api.js";
import { startThemeSwitch } from "omeropyr/js/theme.js";

const PING_EVERY = 60_000;

startThemeSwitch();
if (document.documentElement.dataset.user) {
  setInterval(() => {
    if (document.visibilityState === "visible") ping();
  }, PING_EVERY);
}
