// A map of a few things: our own terrain shaded below, shapes in longitude and latitude above.  Loaded after page.js.
"use strict";
const TILE = 256, WIDE = 1400, HIGH = 620;
const world = (lon, lat) => [(lon + 180) / 360, (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2]; // web Mercator, 0 to 1
const shaded = new Map(); // tiles that were painted, by address

/** A tile of heights as light from the north-west. */
async function shade(z, x, y) {
  const path = `/tiles/terrain/${z}/${x}/${y}.png`;
  if (shaded.has(path)) return shaded.get(path);
  const picture = await createImageBitmap(await (await fetch(path)).blob(), { colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(TILE, TILE), paint = canvas.getContext("2d", { willReadFrequently: true });
  paint.drawImage(picture, 0, 0);
  const data = paint.getImageData(0, 0, TILE, TILE), px = data.data, height = new Float32Array(TILE * TILE);
  for (let k = 0; k < height.length; k++) height[k] = px[4 * k] * 256 + px[4 * k + 1] + px[4 * k + 2] / 256;
  const cell = 40_075_016.7 / 2 ** z / TILE;
  for (let r = 0; r < TILE; r++) for (let c = 0; c < TILE; c++) {
    const at = (dr, dc) => height[Math.min(Math.max(r + dr, 0), TILE - 1) * TILE + Math.min(Math.max(c + dc, 0), TILE - 1)];
    const east = (at(0, 1) - at(0, -1)) / (2 * cell), south = (at(1, 0) - at(-1, 0)) / (2 * cell);
    const light = 38 + 260 * ((east + south) / Math.hypot(1, 4 * east, 4 * south)) + 8, k = 4 * (r * TILE + c);
    [px[k], px[k + 1], px[k + 2], px[k + 3]] = [0.8 * light, 0.95 * light, 1.1 * light, 255];
  }
  paint.putImageData(data, 0, 0);
  shaded.set(path, canvas);
  return canvas;
}

/** A map in a holder, of a box [west, south, east, north]; `draw` shapes with its x, y and metres a pixel. */
function chart(holder, box, zoom_most, label) {
  const [[x0, y1], [x1, y0]] = [world(box[0], box[1]), world(box[2], box[3])];
  const scale = Math.min(WIDE / Math.max(x1 - x0, 1e-9), HIGH / Math.max(y1 - y0, 1e-9)) * 0.94; // pixels a world
  const left = (x0 + x1) / 2 - WIDE / 2 / scale, top = (y0 + y1) / 2 - HIGH / 2 / scale;
  const svg = picture(WIDE, HIGH, label), key = [left, top, scale].join();
  const one = { svg, x: (lon) => (world(lon, 0)[0] - left) * scale, y: (lat) => (world(0, lat)[1] - top) * scale, per_m: scale / (40_075_016.7 * Math.cos((((box[1] + box[3]) / 2) * Math.PI) / 180)) };
  one.ring = (points) => points.map(([lon, lat]) => `${one.x(lon).toFixed(1)},${one.y(lat).toFixed(1)}`).join(" ");
  const canvas = holder.querySelector("canvas");
  if (canvas?.dataset.key === key) holder.replaceChildren(canvas, svg);
  else {
    const fresh = make("canvas", { width: WIDE, height: HIGH, "data-key": key });
    holder.replaceChildren(fresh, svg);
    paintGround(fresh.getContext("2d"), left, top, scale, zoom_most);
  }
  return one;
}
async function paintGround(paint, left, top, scale, zoom_most) {
  const z = Math.max(4, Math.min(zoom_most, Math.round(Math.log2(scale / TILE)))), n = 2 ** z, side = scale / n;
  const wanted = [];
  for (let x = Math.floor(left * n); x <= (left + WIDE / scale) * n; x++) for (let y = Math.floor(top * n); y <= (top + HIGH / scale) * n; y++) wanted.push([x, y]);
  if (wanted.length > 80) return;
  for (const [x, y] of wanted) {
    try {
      paint.drawImage(await shade(z, x, y), (x / n - left) * scale, (y / n - top) * scale, side + 0.5, side + 0.5);
    } catch {
      return; // no ground: the shapes stand alone
    }
  }
}
