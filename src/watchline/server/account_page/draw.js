// Pictures of the account: a bar of exposure, the line pulled straight, a reliability diagram.  Numbers stand beside them.
"use strict";
/** One bar: how much of stretch and time was watched and would have been noticed, watched and missed, not watched. */
function exposure(one, label) {
  const svg = picture(1000, 22, label), whole = one.detected_h + one.missed_h + one.blind_h;
  let x = 0;
  for (const [name, hours] of [["seen", one.detected_h], ["missed", one.missed_h], ["blind", one.blind_h]]) {
    const wide = whole > 0 ? (1000 * hours) / whole : name === "blind" ? 1000 : 0;
    svg.append(shape("rect", { x, y: 2, width: wide, height: 18, class: name }));
    x += wide;
  }
  return svg;
}
/** The line: a bar a kilometre, as high as the chance to pass unseen; hatched as far as it was not watched. */
function strip(byKm, fromKm, toKm, mark, label) {
  const svg = picture(1400, 190, label), top = 18, high = 140, n = toKm - fromKm;
  byKm.miss.forEach((miss, km) => {
    if (km < Math.floor(fromKm) || km >= toKm) return;
    const x = (1400 * (km - fromKm)) / n, wide = 1400 / n, blind = byKm.blind[km] ?? 1;
    svg.append(shape("rect", { x, y: top, width: wide, height: high * blind, class: "blind" }));
    if (miss === null) return;
    svg.append(shape("rect", { x: x + 0.5, y: top + high * (1 - miss), width: Math.max(wide - 1, 0.5), height: high * miss, class: miss >= 0.2 ? "high" : "low" }));
    if (miss >= 0.2 && wide > 24) svg.append(shape("text", { x: x + wide / 2, y: top + high * (1 - miss) - 3, "text-anchor": "middle" }, String(Math.round(100 * miss))));
  });
  svg.append(shape("line", { x1: 0, x2: 1400, y1: top + high, y2: top + high, class: "axis" }), shape("line", { x1: 0, x2: 1400, y1: top + 0.8 * high, y2: top + 0.8 * high, class: "right" }), shape("text", { x: 1396, y: top + 0.8 * high - 4, "text-anchor": "end" }, "20 %"));
  const step = [1, 2, 5, 10, 20, 50, 100].find((one) => n / one <= 20) ?? 200;
  for (let km = Math.ceil(fromKm / step) * step; km <= toKm; km += step) svg.append(shape("text", { x: Math.min(Math.max((1400 * (km - fromKm)) / n, 12), 1385), y: top + high + 18, "text-anchor": "middle" }, String(km)));
  for (let k = 0; k < 4; k++) svg.append(shape("text", { x: 40 + 350 * k, y: 60 + 30 * (k % 3), class: "mark" }, mark)); // whose copy this is
  return svg;
}
/** What was said against what happened; the band holds a right one nineteen times of twenty. */
function reliability(checked, label) {
  const svg = picture(300, 300, label), at = (x, y) => [34 + 256 * x, 266 - 256 * y];
  svg.append(shape("line", { x1: 34, x2: 290, y1: 266, y2: 266, class: "axis" }), shape("line", { x1: 34, x2: 34, y1: 10, y2: 266, class: "axis" }));
  svg.append(shape("line", { x1: 34, y1: 266, x2: 290, y2: 10, class: "right" }));
  for (const one of checked.bins) {
    const [x, y] = at(one.told, one.happened / one.of), [, low] = at(0, one.low / one.of), [, high] = at(0, one.high / one.of);
    svg.append(shape("rect", { x: x - 6, y: high, width: 12, height: Math.max(low - high, 1), class: "bandbox" }));
    const off = one.happened < one.low || one.happened > one.high;
    svg.append(off ? shape("path", { d: `M${x - 5} ${y - 5}l10 10m0-10l-10 10`, stroke: "#ff8f85", "stroke-width": 2.5 }) : shape("circle", { cx: x, cy: y, r: 4, class: "dot" }));
    svg.append(shape("text", { x: x + 8, y: y - 6 }, String(one.of)));
  }
  for (const tick of [0, 0.5, 1]) {
    const [x] = at(tick, 0), [, y] = at(0, tick);
    svg.append(shape("text", { x, y: 282, "text-anchor": "middle" }, String(tick)), shape("text", { x: 28, y: y + 4, "text-anchor": "end" }, String(tick)));
  }
  return svg;
}
