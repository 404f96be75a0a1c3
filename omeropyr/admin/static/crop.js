/** Lets the user choose the square of a picture that becomes their avatar. The server cuts it; without this, the middle. */

import { need } from "omeropyr/js/dom.js";

const file = need("#photo", HTMLInputElement);
const part = need("#crop", HTMLElement);
const canvas = need("#crop canvas", HTMLCanvasElement);
const zoom = need("#crop-zoom", HTMLInputElement);
const fields = {
  x: need("#crop_x", HTMLInputElement),
  y: need("#crop_y", HTMLInputElement),
  size: need("#crop_size", HTMLInputElement),
};

/** @type {ImageBitmap | null} */
let picture = null;
/** Centre of the part, in pixels of the picture. */
let centre = { x: 0, y: 0 };

/** @returns {number} side of the part in pixels of the picture */
function side() {
  return picture ? (Math.min(picture.width, picture.height) * Number(zoom.value)) / 100 : 0;
}

function draw() {
  if (!picture) return;
  const half = side() / 2;
  centre.x = Math.min(picture.width - half, Math.max(half, centre.x));
  centre.y = Math.min(picture.height - half, Math.max(half, centre.y));
  const [left, top] = [centre.x - half, centre.y - half];
  const context = canvas.getContext("2d");
  context?.clearRect(0, 0, canvas.width, canvas.height);
  context?.drawImage(picture, left, top, half * 2, half * 2, 0, 0, canvas.width, canvas.height);
  fields.x.value = (left / picture.width).toFixed(6);
  fields.y.value = (top / picture.width).toFixed(6);
  fields.size.value = ((half * 2) / picture.width).toFixed(6);
}

async function show() {
  const chosen = file.files?.[0];
  for (const field of Object.values(fields)) field.value = "";
  picture = null;
  try {
    // As the server has it: turned as the camera says.
    if (chosen) picture = await createImageBitmap(chosen, { imageOrientation: "from-image" });
  } catch {
    // The server says what is wrong with the file.
  }
  part.hidden = picture === null;
  if (picture) centre = { x: picture.width / 2, y: picture.height / 2 };
  zoom.value = "100";
  draw();
}

/**
 * @param {number} dx pixels of the canvas
 * @param {number} dy
 */
function move(dx, dy) {
  const scale = side() / canvas.clientWidth;
  centre = { x: centre.x - dx * scale, y: centre.y - dy * scale };
  draw();
}

file.addEventListener("change", show);
zoom.addEventListener("input", draw);
canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
canvas.addEventListener("pointermove", (event) => {
  if (event.buttons) move(event.movementX, event.movementY);
});
canvas.addEventListener("keydown", (event) => {
  /** @type {Record<string, [number, number]>} */
  const steps = { ArrowLeft: [8, 0], ArrowRight: [-8, 0], ArrowUp: [0, 8], ArrowDown: [0, -8] };
  const step = steps[event.key];
  if (!step) return;
  move(...step);
  event.preventDefault();
});
