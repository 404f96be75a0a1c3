/** Shows the privileges of a restricted administrator only where the chosen role has some. */

const role = document.querySelector("#role");
const part = document.querySelector("[data-for-role]");

if (role instanceof HTMLSelectElement && part instanceof HTMLElement) {
  const show = () => {
    part.hidden = role.value !== part.dataset.forRole;
  };
  role.addEventListener("change", show);
  show();
}

export {};
