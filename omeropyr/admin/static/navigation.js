/** On a narrow screen the navigation scrolls sideways: the current page is brought into sight. */

const current = document.querySelector(".admin-nav [aria-current]");
const frame = current?.parentElement;

if (current instanceof HTMLElement && frame instanceof HTMLElement)
  frame.scrollLeft = current.offsetLeft - (frame.clientWidth - current.offsetWidth) / 2;

export {};
