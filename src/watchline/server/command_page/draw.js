// The line pulled straight: outside above, home below.  Alerts, units, and where the proposed ones would meet.
"use strict";
function strip(line_m, told, units, label) {
  const wide = 1400, high = 230, middle = 90, svg = picture(wide, high, label);
  const x = (s_m) => (wide * s_m) / line_m, y = (d_m) => middle + Math.sign(d_m) * 75 * Math.sqrt(Math.min(Math.abs(d_m), 8000) / 8000);
  for (const one of told.uncovered?.stretches ?? []) svg.append(shape("rect", { x: x(1000 * one.from_km), y: middle + 6, width: Math.max(x(1000 * (one.to_km - one.from_km)), 2), height: 12, class: "bare" }));
  svg.append(shape("line", { x1: 0, x2: wide, y1: middle, y2: middle, class: "axis" }));
  const step = [1, 2, 5, 10, 20, 50].find((km) => line_m / 1000 / km <= 20) ?? 100;
  for (let km = 0; km <= line_m / 1000; km += step) svg.append(shape("text", { x: Math.min(Math.max(x(1000 * km), 8), wide - 14), y: high - 6, "text-anchor": "middle" }, String(km)));
  for (const { proposal } of told.proposals) {
    const best = proposal.options.find((one) => one.chosen) ?? proposal.options[0];
    if (!best) continue;
    const unit = units.get(best.unit), at = [x(best.place.s_m), y(best.place.d_m)];
    if (unit) svg.append(shape("line", { x1: x(unit.s_m), y1: y(unit.d_m), x2: at[0], y2: at[1], class: "way" }));
    svg.append(shape("circle", { cx: at[0], cy: at[1], r: 7, class: "meet" }));
  }
  for (const one of told.alerts) {
    const [ax, ay] = [x(one.s_m), y(one.d_m)];
    svg.append(shape("path", { d: `M${ax} ${ay - 9}l8 14h-16z`, class: one.kind === "distress" ? "sos" : "alert" }), shape("text", { x: ax + 10, y: ay - 2 }, one.id));
  }
  const labels = []; // of units that stand close together go below one another
  for (const [name, one] of units) {
    let row = 0;
    while (labels.some(([at, other]) => other === row && Math.abs(at - x(one.s_m)) < 70)) row += 1;
    labels.push([x(one.s_m), row]);
    svg.append(shape("rect", { x: x(one.s_m) - 6, y: y(one.d_m) - 5, width: 12, height: 10, class: one.free ? "unit" : "busy" }), shape("text", { x: x(one.s_m) + 9, y: y(one.d_m) + 15 + 13 * row }, name));
  }
  return svg;
}
