/** Goes on with the next part of an import by itself; the button below stops it. */

const form = document.querySelector("form[data-go-on]");
const stop = document.querySelector("[data-stop]");

if (form instanceof HTMLFormElement && stop instanceof HTMLButtonElement) {
  stop.hidden = false;
  const timer = setTimeout(() => form.requestSubmit(), 800);
  stop.addEventListener("click", () => {
    clearTimeout(timer);
    stop.hidden = true;
  });
}

export {};
