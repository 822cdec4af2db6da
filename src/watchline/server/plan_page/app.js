// The line pulled straight: outside above, home below.  It decides nothing and keeps nothing: every question is answered
// by the core.
"use strict";

const BARS = 120, WIDE = 1400, HIGH = 400; // of the drawing; bars above, ground below
let line, answer = null, held = null;

const x = (km) => (km / line.length_km) * WIDE;
const y = (d) => BARS + ((d + line.outside_m) / (line.outside_m + line.home_m)) * (HIGH - BARS);
const placeAt = (event) => {
  const box = $("strip").getBoundingClientRect();
  const up = ((event.clientY - box.top) / box.height) * HIGH;
  return [
    Math.min(Math.max(((event.clientX - box.left) / box.width) * line.length_km, 0), line.length_km),
    Math.min(Math.max(((up - BARS) / (HIGH - BARS)) * (line.outside_m + line.home_m) - line.outside_m, -line.outside_m), line.home_m),
  ];
};

function draw() {
  const strip = $("strip"), after = answer?.p_after ?? line.p_before;
  strip.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  strip.replaceChildren();
  strip.setAttribute("aria-label", w("how"));
  after.forEach((p, km) => {
    const wide = x(Math.min(km + 1, line.length_km)) - x(km);
    strip.append(shape("rect", { x: x(km), y: BARS * (1 - p), width: wide, height: BARS * p, class: p < 0.5 ? "weak" : "strong" }));
    if (answer) strip.append(shape("rect", { x: x(km), y: BARS * (1 - line.p_before[km]) - 1, width: wide, height: 2, class: "was" }));
  });
  strip.append(shape("line", { x1: 0, x2: WIDE, y1: y(0), y2: y(0), class: "line" }));
  if (answer) strip.append(shape("polyline", { points: answer.route_sd.map(([km, d]) => `${x(km)},${y(d)}`).join(" "), class: "route" }));
  const mark = answer?.mark ?? line.mark; // whose copy this is, should it be found elsewhere
  for (let k = 0; k < 4; k++) {
    strip.append(shape("text", { x: (WIDE * (k + 0.1)) / 4, y: BARS + 70 + 90 * (k % 3), class: "mark" }, mark));
  }
  for (const post of line.posts) {
    const moved = held?.id === post.id ? held : answer?.post === post.id && !answer.stays ? answer.at : post;
    const dot = shape("circle", { cx: x(moved.s_km), cy: y(moved.d_m), r: 7, "data-post": post.id, class: moved === post ? "post" : "post moved" });
    dot.append(shape("title", {}));
    dot.firstChild.textContent = post.id;
    dot.addEventListener("pointerdown", (event) => { event.preventDefault(); held = { ...post }; strip.setPointerCapture(event.pointerId); });
    strip.append(dot);
  }
  if (answer?.stays) strip.append(shape("circle", { cx: x(answer.at.s_km), cy: y(answer.at.d_m), r: 8, class: "moved" }));
}
function table() {
  const figures = (p) => [String(p.indexOf(least(p))), least(p).toFixed(3), mean(p).toFixed(3), String(p.filter((one) => one < 0.5).length)];
  const hours = (k) => answer?.help_h[k]?.toFixed(1) ?? "";
  const today = [...figures(line.p_before), hours(0)], then = answer ? [...figures(answer.p_after), hours(1)] : ["", "", "", "", ""];
  $("told").tBodies[0].replaceChildren(...["weakest", "chance", "mean", "half", "help"].map((name, k) => {
    const row = document.createElement("tr");
    for (const text of [w(name), today[k], then[k]]) row.insertCell().textContent = text;
    return row;
  }));
}
const least = (p) => Math.min(...p);
const mean = (p) => p.reduce((a, b) => a + b, 0) / p.length;
async function moved(post, km, d) {
  const told = await ask("/api/plan/what-if", { method: "POST", body: JSON.stringify({ post, s_km: km, d_m: d }) });
  return { ...told, at: { s_km: km, d_m: d } };
}
/** Where another mast would help the longest open stretch most, of the high places near it. */
async function mend() {
  $("mend").disabled = true;
  note("note", `${w("asking")} …`);
  try {
    const told = await ask("/api/plan/mend");
    answer = told.tried ? { ...told, stays: true } : null;
    const values = { from: told.from_km, to: told.to_km, tried: told.tried, id: told.post, km: told.at?.s_km.toFixed(1), gain: told.stretch_gains?.toFixed(2) };
    note("note", w(told.tried ? "mendN" : "noPlace", values));
  } catch (error) {
    note("note", error.message, true);
  }
  $("mend").disabled = false;
  draw();
  table();
}
$("mend").addEventListener("click", mend);
async function askAbout(post, km, d) {
  note("note", `${w("asking")} …`);
  try {
    answer = await moved(post, km, d);
    note("note", `${post}: ${answer.seconds} ${w("took")}`);
  } catch (error) {
    answer = null;
    note("note", error.message, true);
  }
  held = null;
  draw();
  table();
}

$("strip").addEventListener("pointermove", (event) => {
  if (!held) return;
  [held.s_km, held.d_m] = placeAt(event);
  draw();
});
$("strip").addEventListener("pointerup", () => {
  if (held) askAbout(held.id, held.s_km, held.d_m);
});
$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  askAbout(form.get("post"), Number(form.get("km")), Number(form.get("d")));
});
(async () => {
  try {
    line = await ask("/api/plan/line");
    for (const post of line.posts) $("ask").post.append(new Option(post.id, post.id));
    draw();
    table();
    $("mend").disabled = false;
  } catch (error) {
    note("note", error.message, true);
  }
})();
