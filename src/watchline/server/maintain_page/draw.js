// Pictures of upkeep: one sensor's quality over time, dust and visibility.  Numbers stand beside them.
"use strict";
/** Quality 0..1 over time; hatched where nothing was measured. */
function spark(values, label) {
  const svg = picture(240, 34, label), step = 240 / values.length, y = (v) => 31 - 28 * Math.min(v, 1);
  values.forEach((v, k) => {
    if (v === null) svg.append(shape("rect", { x: step * k, y: 3, width: step, height: 28, fill: "url(#hatch)" }));
  });
  svg.append(shape("line", { x1: 0, x2: 240, y1: y(1), y2: y(1), class: "right" }), shape("line", { x1: 0, x2: 240, y1: y(0), y2: y(0), class: "axis" }));
  svg.append(shape("path", { d: way(values, (k) => step * (k + 0.5), y), class: "way" }));
  return svg;
}
/** A path through what is known, broken where it is not. */
function way(values, x, y) {
  let d = "", open = false;
  values.forEach((v, k) => {
    if (v !== null) d += open ? `L${x(k)} ${y(v)}` : `M${x(k) - 1} ${y(v)}L${x(k)} ${y(v)}`;
    open = v !== null;
  });
  return d;
}
function airOver(told, label) {
  const svg = picture(700, 170, label), n = told.dust.length, step = 640 / n, top = 10, high = 130, most = 20;
  const y = (km) => top + high * (1 - Math.min(km, most) / most), x = (k) => 40 + step * (k + 0.5);
  told.dust.forEach((dust, k) => {
    if (dust === null) svg.append(shape("rect", { x: x(k) - step / 2, y: top, width: step, height: high, fill: "url(#hatch)" }));
    else svg.append(shape("rect", { x: x(k) - step / 2 + 0.5, y: top + high * (1 - dust), width: step - 1, height: high * dust, class: "dust" }));
  });
  svg.append(shape("path", { d: way(told.visibility_m.map((m) => (m === null ? null : m / 1000)), x, y), class: "way" }));
  for (const km of [0, 5, 10, 20]) svg.append(shape("line", { x1: 40, x2: 680, y1: y(km), y2: y(km), class: "axis" }), shape("text", { x: 34, y: y(km) + 4, "text-anchor": "end" }, String(km)));
  for (const part of [0, 0.5, 1]) svg.append(shape("text", { x: 40 + 640 * part, y: top + high + 20, "text-anchor": part === 0 ? "start" : part === 1 ? "end" : "middle" }, moment(told.from_s + part * (told.now_s - told.from_s))));
  return svg;
}
