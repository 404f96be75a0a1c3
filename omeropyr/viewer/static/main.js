/** The viewer page: puts the parts together. */

import { failure, need } from "omeropyr/js/dom.js";
import { count, significant } from "omeropyr/js/format.js";
import { startChannels } from "omeropyr/viewer/channels.js";
import { imageData } from "omeropyr/viewer/image-data.js";
import { ImageLayer } from "omeropyr/viewer/image-layer.js";
import { listKeys, startKeyboard } from "omeropyr/viewer/keyboard.js";
import { applyLink, readPlace, writeLink } from "omeropyr/viewer/link.js";
import { Panels } from "omeropyr/viewer/panels.js";
import { PictureStore } from "omeropyr/viewer/picture-store.js";
import { Planes } from "omeropyr/viewer/planes.js";
import { startPrefetch } from "omeropyr/viewer/prefetch.js";
import { startScaleBar } from "omeropyr/viewer/scale-bar.js";
import { Settings } from "omeropyr/viewer/settings.js";
import { siblings } from "omeropyr/viewer/siblings.js";
import { Stage } from "omeropyr/viewer/stage.js";

const LINK_AFTER = 200; // milliseconds of rest before the address bar follows

/** @typedef {import("omeropyr/viewer/image-data.js").ImageData} ImageData */

const viewer = need("#viewer", HTMLElement);
const trouble = need("#trouble", HTMLElement);

/** @param {ImageData} data */
function open(data) {
  const query = new URLSearchParams(location.search);
  const settings = new Settings(data);
  applyLink(query, settings);
  showTitle(data, settings);
  startChannels(need("#channels", HTMLElement), settings);

  const store = new PictureStore();
  const image = new ImageLayer(data, settings, store, (error) => showTrouble(error, () => image.retry()));
  const panels = new Panels();
  need("#z-panel", HTMLElement).hidden = data.size.z < 2;
  need("#t-panel", HTMLElement).hidden = data.size.t < 2;
  const stage = new Stage(need("#stage", HTMLElement), image, panels.padding());
  panels.addEventListener("change", () => stage.cover(panels.padding()));
  const planes = new Planes(settings, data.size, stage);
  const place = readPlace(query);
  if (place) stage.go(place);

  startPrefetch(stage, image, settings, store, data.size);
  startScaleBar(need("#scale-bar", HTMLElement), data.pixel_size.x, stage);
  startTools(stage, settings);
  keepLink(stage, settings);
  startKeys({ data, settings, stage, planes, panels, query });
  viewer.dataset.ready = "";
}

/**
 * @param {ImageData} data
 * @param {Settings} settings
 */
function showTitle(data, settings) {
  const { size, meta } = data;
  const position = need("#position", HTMLElement);
  document.title = `${meta.imageName} – omeropyr`;
  const show = () => {
    const parts = [`${count(size.width)} × ${count(size.height)} px`];
    if (size.z > 1) parts.push(`Z ${settings.z + 1}/${size.z}`);
    if (size.t > 1) parts.push(`T ${settings.t + 1}/${size.t}`);
    position.textContent = parts.join(" · ");
  };
  need("#title", HTMLElement).textContent = meta.imageName;
  settings.addEventListener("change", show);
  show();
}

/**
 * @param {Stage} stage
 * @param {Settings} settings
 */
function startTools(stage, settings) {
  const zoom = need("#zoom-full", HTMLButtonElement);
  const grey = need("#grey", HTMLButtonElement);
  const show = () => {
    zoom.textContent = `${significant(stage.zoom)} %`;
    grey.setAttribute("aria-pressed", String(settings.grey));
  };
  need("#zoom-in", HTMLButtonElement).addEventListener("click", () => stage.zoomBy(1));
  need("#zoom-out", HTMLButtonElement).addEventListener("click", () => stage.zoomBy(-1));
  need("#fit", HTMLButtonElement).addEventListener("click", () => stage.fit());
  zoom.addEventListener("click", () => stage.zoomTo(100));
  grey.addEventListener("click", () => settings.setGrey(!settings.grey));
  need("#reset", HTMLButtonElement).addEventListener("click", () => settings.reset());
  stage.view.on("change:resolution", show);
  settings.addEventListener("change", show);
  show();
}

/**
 * Let the address bar follow what is shown.
 *
 * @param {Stage} stage
 * @param {Settings} settings
 */
function keepLink(stage, settings) {
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => writeLink(settings, stage.place), LINK_AFTER);
  };
  stage.map.on("moveend", later);
  settings.addEventListener("change", later);
}

/**
 * @param {{data: ImageData, settings: Settings, stage: Stage, planes: Planes, panels: Panels,
 *   query: URLSearchParams}} parts
 */
function startKeys({ data, settings, stage, planes, panels, query }) {
  const neighbours = siblings(data, query);
  const keys = [
    { key: "+", shown: "+", does: "Zoom in", run: () => stage.zoomBy(1) },
    { key: "-", shown: "-", does: "Zoom out", run: () => stage.zoomBy(-1) },
    { key: "f", shown: "f", does: "Fit the image", run: () => stage.fit() },
    { key: "g", shown: "g", does: "Greyscale or colour", run: () => settings.setGrey(!settings.grey) },
    { key: "z", shown: "z ↑ ↓", does: "Move in Z", run: () => need("#z-slider", HTMLElement).focus() },
    { key: "t", shown: "t ← →", does: "Move in T", run: () => need("#t-slider", HTMLElement).focus() },
    { key: " ", shown: "space", does: "Play or stop T", run: () => planes.toggle() },
    { key: "[", shown: "[", does: "Previous image of the dataset", run: () => neighbours.go(-1) },
    { key: "]", shown: "]", does: "Next image of the dataset", run: () => neighbours.go(1) },
    { key: "h", shown: "h", does: "Hide or show all panels", run: () => panels.hide() },
    { key: "?", shown: "?", does: "Show this list", run: () => panels.help() },
    { key: "Escape", shown: "Esc", does: "Close what is open", run: () => panels.escape() },
  ];
  const digits = { shown: "1 – 9", does: "Switch a channel on or off" };
  startKeyboard(keys, (index) => {
    const channel = settings.channels[index];
    if (channel) settings.setChannel(index, { active: !channel.active });
  });
  listKeys(need("#help-keys", HTMLElement), [digits, ...keys]);
}

/**
 * Say that parts of the image are missing, with a way to try again.
 *
 * @param {unknown} error
 * @param {() => void} retry
 */
function showTrouble(error, retry) {
  const message = error instanceof Error ? error.message : String(error);
  const button = need("#trouble-retry", HTMLButtonElement);
  need("#trouble-text", HTMLElement).textContent = `Parts of the image could not be loaded. ${message}`;
  button.onclick = () => {
    trouble.hidden = true;
    retry();
  };
  trouble.hidden = false;
}

async function start() {
  const place = need("#stage", HTMLElement);
  const waiting = need("#waiting", HTMLElement);
  try {
    const data = await imageData(Number(viewer.dataset.imageId));
    waiting.remove();
    open(data);
  } catch (error) {
    waiting.remove();
    viewer.dataset.failed = "";
    place.replaceChildren(failure("The image", error, () => location.reload()));
  }
}

start();
