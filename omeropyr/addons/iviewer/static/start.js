// Sets what OMERO.iviewer's scripts expect to find on the page before they run. A plain script, not a module: it has to
// be done when the next one begins.
(() => {
  const parameters = document.currentScript?.dataset.parameters ?? "{}";
  const page = /** @type {any} */ (window);
  page.INITIAL_REQUEST_PARAMS = JSON.parse(parameters);
  page.OME = {
    OPEN_WITH: [],
    setOpenWithEnabledHandler: () => undefined,
    setOpenWithUrlProvider: () => undefined,
  };
})();
