/** What every page does: the theme switch, the key of the search, and keeping the session alive while it is in use. */

import { ping } from "omeropyr/js/api.js";
import { startSearchKey } from "omeropyr/js/search-key.js";
import { startThemeSwitch } from "omeropyr/js/theme.js";

startThemeSwitch();
startSearchKey();
// The site's omero.web.ping_interval in milliseconds; 0 or nobody logged in: no signs of life.
const every = Number(document.documentElement.dataset.ping ?? 0);
if (every > 0) {
  setInterval(() => {
    if (document.visibilityState === "visible") ping();
  }, every);
}
