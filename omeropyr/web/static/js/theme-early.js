// Loaded as a classic script in the head, before the first paint: the chosen theme must not flash.
(() => {
  try {
    const theme = localStorage.getItem("omeropyr.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be refused by the browser; the system's theme stays.
  }
})();
