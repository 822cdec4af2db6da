// The Operations workplace.  It decides nothing and reckons nothing: all of it is the core's, and every order takes two
// presses by a person who may give it.
"use strict";
const EVERY_MS = 3000, SURE_MS = 8000, ROWS = 30;
const share = (p) => ltr(p == null ? "–" : `${(100 * p).toFixed(p < 0.1 ? 1 : 0)} %`);
const clock = (s) => moment(s).slice(5, 16);
let site, told = null, past = null, focus = "line", sure = null;

/** Send what a person wants; the core says whether it is so. */
async function wish(path, body) {
  try {
    const { id } = await press(path, body);
    note("said", w("kept"));
    await refresh();
    return id;
  } catch (error) {
    note("said", error.message, true);
    return null;
  }
}
/** A button that asks twice. */
function twice(name, words, path, body, values = {}) {
  const armed = sure?.name === name && sure.until > Date.now(), what = w(words, values);
  return make("button", { type: "button", class: armed ? "sure" : undefined, "data-twice": name, press: () => {
    if (sure?.name === name && sure.until > Date.now()) {
      sure = null;
      wish(path, body);
    } else {
      sure = { name, until: Date.now() + SURE_MS };
      show();
    }
  } }, armed ? w("again", { what }) : what);
}
const link = (href, words) => make("a", { href, target: "_blank", rel: "noopener" }, words);
const cell = (...inside) => make("td", {}, ...inside);
function table(heads, rows) {
  return make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": heads.join(", ") }, make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))), make("tbody", {}, ...rows)));
}
const opened = new Set(); // what a person unfolded stays so when it is drawn anew
function fold(name, words, ...inside) {
  const node = make("details", opened.has(name) ? { open: "" } : {}, make("summary", {}, words), ...inside);
  node.addEventListener("toggle", () => (node.open ? opened.add(name) : opened.delete(name)));
  return node;
}

function posture() {
  const { level, standing, approved, proposed, digest, may } = told.posture, out = [];
  out.push(make("p", {}, `${w("holds")}: `, make("span", { class: `big ${level}` }, w(level)), level !== "normal" && standing ? ` ${w("until", { time: moment(standing.expires_s) })}` : ""));
  if (approved) out.push(make("p", { class: "quiet" }, w("approvedBy", { who: approved.person, time: moment(approved.t_s) })));
  const open = proposed && !(approved && approved.posture === proposed.posture);
  if (!open) out.push(make("p", { class: "quiet" }, w("noProposal")));
  else {
    out.push(make("h3", {}, w("proposes"), " ", make("span", { class: `big ${proposed.level}` }, w(proposed.level))), make("p", {}, [w("cause", { cause: w(proposed.cause) }), w("until", { time: moment(proposed.expires_s) })].join(" · ")));
    if (proposed.cause !== "over") {
      if (proposed.forecast.length) out.push(make("p", {}, w("expected", { n: Math.round(proposed.expected), low: Math.round(proposed.low), high: Math.round(proposed.high) })));
      out.push(make("p", {}, w("inTime", { with: share(proposed.in_time), without: share(proposed.unchanged) })), make("p", { class: "quiet" }, w("costs", { rest: proposed.rest_h, fuel: proposed.fuel_l, rate: proposed.patrol_share })));
      if (proposed.moves.length) out.push(fold("moves", `${w("moves")} (${ltr(proposed.moves.length)})`, make("ul", {}, ...proposed.moves.map((one) => make("li", {}, code(one.unit), ` ${w(one.role)}: ${w("moveTo", { km: one.km.toFixed(1), min: Math.round(one.takes_s / 60) })}`)))));
      if (proposed.forecast.length) out.push(fold("forecast", w("forecast"), table(["stretch", "hour", "people", "interval", "families"].map((name) => w(name)), proposed.forecast.map((one) => make("tr", {}, cell(code(`${one.from_km.toFixed(0)}–${one.to_km.toFixed(0)}`)), cell(code(clock(one.hour_s))), cell(code(one.mean.toFixed(1))), cell(code(`${one.low.toFixed(0)}–${one.high.toFixed(0)}`)), cell(code(one.families.toFixed(1))))))));
    }
    out.push(proposed.expires_s < told.now_s ? make("p", { class: "quiet" }, w("overProposal")) : may ? make("div", { class: "row" }, twice(`posture-${digest}`, proposed.level === "normal" ? "approveReturn" : "approve", "/api/posture", { ask: "approve_posture", digest })) : make("p", { class: "quiet" }, w("notYours")));
  }
  $("posture").replaceChildren(...out);
}

function bar(one) {
  const reached = make("i", {}), aim = make("b", {}), holder = make("div", { class: "bar", role: "img", "aria-label": w("reachedOf", { reached: share(one.reached), aim: share(one.aim) }) }, reached, aim);
  reached.style.width = `${100 * Math.min(one.reached, 1)}%`;
  aim.style.left = `${100 * one.aim}%`;
  return holder;
}
function objective(one) {
  const of = one.measure === "none" ? w("notMeasured") : one.reached === null ? w("notYet") : w("reachedOf", { reached: share(one.reached), aim: share(one.aim) });
  return make("div", { "data-objective": one.measure }, `${one.text}: `, make("b", {}, of), one.reached === null ? "" : bar(one));
}
function operation(one) {
  const id = one.operation, out = [make("h3", {}, code(id), ` ${one.name} `, make("span", { class: one.what === "rescue" ? "high" : "quiet" }, w(one.what)))];
  out.push(make("p", { class: "quiet" }, [w("window", { from: clock(one.begins_s), to: clock(one.ends_s) }), w("leader", { who: one.commander }), one.phase ? w("phaseNow", { phase: one.phase.name }) : ""].filter((text) => text !== "").join(" · ")), make("p", {}, w("endState", { text: one.end_state })));
  if (one.ended) out.push(make("p", { class: "big" }, w("ended", { how: one.ended.reached ? w("reachedWord") : w("notReached") })));
  out.push(make("h4", {}, w("objectives")), ...one.objectives.map(objective));
  const been = one.progress;
  out.push(make("p", { class: been?.fault ? "note bad" : "quiet" }, !been ? w("notYet") : been.fault ? w("faulty", { why: been.fault }) : w("reckoned", { pod: share(been.pod), km2: been.area_km2.toFixed(0), left: share(been.left), places: share(been.looked_at), time: clock(been.t_s) })));
  const rights = new Map(one.rights.map((text) => [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 2)]));
  out.push(fold(`forces-${id}`, w("forces"), ...one.forces.map((force) => make("div", {}, make("h4", {}, site.names.get(force.organisation) ?? force.organisation, force.zone.length ? ` · ${w("zone")}` : ""), make("ul", {}, ...force.units.map((unit) => make("li", {}, code(unit), ` ${w("byRight", { right: rights.get(unit) ?? "–" })} · ${w("km2", { n: (been?.swept_km2[unit] ?? 0).toFixed(1) })}`)))))));
  for (const name of ["hazards", "coordination"]) if (one[name].length) out.push(fold(`${name}-${id}`, w(name), make("ul", {}, ...one[name].map((text) => make("li", { dir: "auto" }, text)))));
  if (one.plan) out.push(...operationPlan(one));
  if (one.may && !one.ended) out.push(make("div", { class: "row" }, make("button", { type: "button", press: () => wish("/api/operations", { ask: "plan_operation", operation: id }) }, w("planAgain")), twice(`end-${id}-1`, "endReached", "/api/operations", { ask: "end_operation", operation: id, reached: true }), twice(`end-${id}-0`, "endNot", "/api/operations", { ask: "end_operation", operation: id, reached: false })));
  return make("div", { "data-operation": id }, ...out);
}
function operationPlan(one) {
  const { plan, operation: id } = one, ordered = new Set(one.ordered), free = plan.may_order.filter((unit) => !ordered.has(unit));
  const rows = plan.sectors.map((s) => make("tr", {}, cell(code(s.unit), ordered.has(s.unit) ? ` ${w("isOrdered")}` : ""), cell(code(`${clock(s.from_s)}–${clock(s.to_s).slice(6)}`)), cell(code(s.spacing_m.toFixed(0))), cell(share(s.pod)), cell(...plan.visits.filter((v) => v.unit === s.unit && v.from_s === s.from_s).map((v) => make("div", {}, `${w(v.what)} `, make("bdi", {}, v.name))))));
  const paper = `/api/operations/${id}/plan`, out = [make("p", {}, w("next", { p: share(plan.p_found), bound: share(plan.bound), n: plan.sectors.length, places: plan.visits.length }))];
  if (one.ordered.length) out.push(make("p", {}, w("orderedSoFar", { units: one.ordered.join(", ") })));
  out.push(fold(`sectors-${id}`, w("sectors"), table(["unit", "time", "spacing", "pod", "lookAt"].map((name) => w(name)), rows)));
  if (told.live) out.push(make("div", { class: "row" }, link(`${paper}.html?lang=en`, w("printEn")), link(`${paper}.html?lang=ar`, w("printAr")), link(`${paper}.html?lang=ckb`, w("printCkb")), link(`${paper}.gpx`, w("gpx")), ...[...new Set(plan.sectors.map((s) => s.unit))].filter((unit) => told.drones.includes(unit)).map((unit) => link(`${paper}.waypoints?unit=${encodeURIComponent(unit)}`, w("fly", { unit })))));
  if (free.length && !one.ended) out.push(make("div", { class: "row" }, twice(`order-${plan.digest}`, "order", "/api/operations", { ask: "order_operation", operation: id, digest: plan.digest, units: free }, { n: free.length })));
  return out;
}

function search(one) {
  const id = one.search, plan = one.plan, pos = share(one.progress?.p_success ?? 0), out = [make("h3", {}, code(id), " ", make("bdi", {}, one.begun.name), " ", make("span", { class: one.rescue ? "high" : "quiet" }, w(one.begun.subject)))];
  out.push(make("p", { class: "quiet" }, [w("lostAt", { time: clock(one.begun.lost_s) }), w("known", { looks: one.looks, watched: one.watched, signs: one.signs.length }), one.progress && one.progress.p_outside > 0.01 ? w("outsideMap", { p: share(one.progress.p_outside) }) : ""].filter((text) => text !== "").join(" · ")));
  if (one.ended) out.push(make("p", { class: "big" }, w("ended", { how: w(`result${one.ended.result}`) })));
  if (one.progress?.fault) out.push(make("p", { class: "note bad" }, w("faulty", { why: one.progress.fault })));
  out.push(make("p", {}, plan ? w("pos", { pos, plan: share(plan.p_found), bound: share(plan.bound) }) : w("posOnly", { pos })));
  if (plan) {
    if (plan.why) out.push(make("p", { class: "quiet" }, plan.why));
    out.push(fold(`boxes-${id}`, w("boxes"), table(["unit", "time", "spacing", "pod"].map((name) => w(name)), plan.boxes.map((box) => make("tr", {}, cell(code(box.unit), one.ordered.includes(box.unit) ? ` ${w("isOrdered")}` : ""), cell(code(`${clock(box.from_s)}–${clock(box.to_s).slice(6)}`)), cell(code(box.spacing_m.toFixed(0))), cell(share(box.pod)))))));
    if (told.live && told.whole) out.push(make("div", { class: "row" }, link(`/api/searches/${id}/plan.html?lang=en`, w("sheetEn")), link(`/api/searches/${id}/plan.html?lang=ar`, w("sheetAr")), link(`/api/searches/${id}/plan.gpx`, w("gpx"))));
    const free = one.may_order.filter((unit) => !one.ordered.includes(unit));
    if (free.length && !one.ended) out.push(make("div", { class: "row" }, twice(`order-${one.digest}`, "order", "/api/searches", { ask: "search_order", search: id, digest: one.digest, units: free }, { n: free.length })));
  }
  if (told.live && told.whole && !one.ended) out.push(make("div", { class: "row" }, make("button", { type: "button", press: () => wish("/api/searches", { ask: "search_plan", search: id }) }, w("planAgain")), twice(`found-${id}`, "found_", "/api/searches", { ask: "search_end", search: id, result: one.rescue ? "helped" : "found" }), twice(`not-${id}`, "notFound", "/api/searches", { ask: "search_end", search: id, result: "not_found" })));
  return make("div", { "data-search": id }, ...out);
}

function places() {
  const due = told.places.filter((one) => one.due), rows = [...due, ...told.places.filter((one) => !one.due)].slice(0, Math.max(ROWS, Math.min(due.length, 200)));
  $("places").tBodies[0].replaceChildren(...(rows.length ? rows.map((one) => make("tr", { class: one.due ? "due" : undefined, "data-place": one.place }, cell(`${w(one.what)} `, make("bdi", {}, one.name)), cell(one.last ? code(moment(one.last.t_s)) : w("never")), cell(one.last ? make("bdi", {}, one.last.by) : "–"), cell(one.last ? share(one.last.pod) : "–"), cell(one.last ? w(one.last.found === "people" ? "peopleFound" : one.last.found) : "–"), cell(share(one.p_used), ` (${share(one.usual)}; ${ltr(one.days)})`), cell(one.due ? make("b", {}, w("dueNow")) : code(moment(one.due_s))))) : [make("tr", {}, make("td", { colspan: 7 }, w("none")))]));
  $("more").textContent = told.places.length > rows.length ? w("moreN", { n: told.places.length - rows.length }) : "";
  options("place", told.places.map((one) => [one.place, `${w(one.what)} ${one.name}`]));
}
function options(id, wanted) {
  const select = $(id), kept = select.value, had = [...select.options].map((one) => `${one.value} ${one.text}`).join();
  if (had === wanted.map(([value, text]) => `${value} ${text}`).join()) return;
  select.replaceChildren(...wanted.map(([value, text]) => make("option", { value }, text)));
  if (wanted.some(([value]) => value === kept)) select.value = kept;
}

const blue = (p) => `hsl(205 70% ${22 + 56 * Math.min(p, 1)}%)`, heat = (p) => `hsl(${38 - 30 * p} 95% ${30 + 32 * p}%)`;
function square(map, lon, lat, side_m, more) {
  const side = side_m * map.per_m;
  map.svg.append(shape("rect", { x: map.x(lon) - side / 2, y: map.y(lat) - side / 2, width: side + 0.4, height: side + 0.4, ...more }));
}
function box() {
  const points = [], one = told.operations.find((o) => o.operation === focus), two = told.searches.find((s) => s.search === focus);
  if (one) for (const ring of one.area) points.push(...ring);
  if (two) points.push([two.begun.place.lon_deg, two.begun.place.lat_deg], ...(two.map?.cells ?? []), ...(two.plan?.boxes ?? []).flatMap((b) => b.corners));
  if (!points.length) points.push(...site.line);
  const by = (k, best) => best(...points.map((p) => p[k])), edge = two ? 0.01 : 0;
  return [by(0, Math.min) - edge, by(1, Math.min) - edge, by(0, Math.max) + edge, by(1, Math.max) + edge];
}
function draw() {
  const map = chart($("map"), box(), site.zoom, w("map")), { svg } = map, labels = [];
  const label = (lon, lat, words) => {
    const at = [map.x(lon) + 8, map.y(lat) + 4];
    if (at[0] < 0 || at[0] > WIDE || labels.some(([a, b]) => Math.abs(a - at[0]) < 9 * words.length && Math.abs(b - at[1]) < 13)) return;
    labels.push(at);
    svg.append(shape("text", { x: at[0], y: at[1] }, words));
  };
  const one = told.operations.find((o) => o.operation === focus), two = told.searches.find((s) => s.search === focus);
  for (const operation of one ? [one] : two ? [] : told.operations.filter((o) => !o.ended)) {
    const been = operation.progress;
    for (const [lon, lat, p] of been?.cells ?? []) square(map, lon, lat, been.cell_m, p < 0.005 ? { class: "unswept" } : { class: "cell", fill: blue(p), "fill-opacity": 0.75 });
    for (const ring of operation.area) svg.append(shape("polygon", { points: map.ring(ring), class: "area" }));
    for (const force of operation.forces) for (const ring of force.zone) svg.append(shape("polygon", { points: map.ring(ring), class: "zone" }));
  }
  const most = Math.max(...(two?.map?.cells ?? []).map((c) => c[2]), 1e-9);
  for (const [lon, lat, p] of two?.map?.cells ?? []) square(map, lon, lat, two.map.cell_m, { class: "cell", fill: heat(p / most), "fill-opacity": 0.35 + (0.5 * p) / most });
  for (const area of site.areas) if (area.kind === "mines" || area.kind === "flood") for (const ring of area.rings) svg.append(shape("polygon", { points: map.ring(ring), class: "closed" }));
  svg.append(shape("polyline", { points: map.ring(site.line), class: "line" }));
  if (one?.plan) for (const s of one.plan.sectors) {
    svg.append(shape("polygon", { points: map.ring(s.corners), class: one.ordered.includes(s.unit) ? "sector ordered" : "sector", "data-sector": s.unit }));
    label(s.corners[3][0], s.corners[3][1], s.unit);
  }
  for (const b of two?.plan?.boxes ?? []) svg.append(shape("polygon", { points: map.ring(b.corners), class: two.ordered.includes(b.unit) ? "box ordered" : "box", "data-box": b.unit }));
  if (two) {
    svg.append(shape("circle", { cx: map.x(two.begun.place.lon_deg), cy: map.y(two.begun.place.lat_deg), r: 7, class: "lastknown" }));
    for (const sign of two.signs) svg.append(shape("path", { d: `M${map.x(sign.place.lon_deg)} ${map.y(sign.place.lat_deg) - 6}l5 9h-10z`, class: "lastknown" }));
  }
  for (const p of told.places) svg.append(shape("path", { d: `M${map.x(p.lon_deg)} ${map.y(p.lat_deg) - 5}l5 5l-5 5l-5 -5z`, class: p.due ? "place due" : "place" }));
  const proposed = told.posture.proposed;
  if (focus === "line" && proposed && proposed.expires_s > told.now_s) for (const move of proposed.moves) svg.append(shape("circle", { cx: map.x(move.lon_deg), cy: map.y(move.lat_deg), r: 6, class: "move" }));
  for (const unit of told.units) {
    svg.append(shape("rect", { x: map.x(unit.lon) - 5, y: map.y(unit.lat) - 4, width: 10, height: 8, class: "unit", "data-unit": unit.unit }));
    label(unit.lon, unit.lat, unit.unit);
  }
}
function keys() {
  const entry = (words, ...nodes) => {
    const svg = shape("svg", { viewBox: "0 0 22 14", "aria-hidden": "true" });
    svg.append(...nodes);
    return make("span", {}, svg, w(words));
  };
  const swatch = (x, fill) => shape("rect", { x, y: 2, width: 7, height: 10, fill });
  $("legend").replaceChildren(
    entry("l_pod", swatch(0, blue(0.1)), swatch(7, blue(0.5)), swatch(14, blue(1))), entry("l_chance", swatch(0, heat(0)), swatch(7, heat(0.5)), swatch(14, heat(1))),
    entry("l_sector", shape("rect", { x: 2, y: 2, width: 18, height: 10, class: "sector" })), entry("l_ordered", shape("rect", { x: 2, y: 2, width: 18, height: 10, class: "sector ordered" })),
    entry("l_place", shape("path", { d: "M6 2l5 5l-5 5l-5 -5z", class: "place" }), shape("path", { d: "M16 2l5 5l-5 5l-5 -5z", class: "place due" })), entry("l_unit", shape("rect", { x: 6, y: 3, width: 10, height: 8, class: "unit" })),
    entry("l_closed", shape("rect", { x: 2, y: 2, width: 18, height: 10, fill: "none", stroke: "#ff8f85" })));
}
function show() {
  const kept = document.activeElement?.dataset?.twice;
  options("focus", [["line", w("theLine")], ...told.operations.map((o) => [o.operation, `${o.operation} ${o.name}`]), ...told.searches.map((s) => [s.search, `${s.search} ${s.begun.name}`])]);
  focus = $("focus").value;
  $("moment").textContent = [told.live ? w("liveNow", { time: moment(told.now_s) }) : w("pastNow", { time: moment(told.now_s) }), told.whole ? "" : w("forceView")].filter((text) => text !== "").join(" · ");
  $("moment").classList.toggle("raised", !told.live);
  $("now").hidden = told.live;
  for (const id of ["load", "begin", "looked"]) $(id).hidden = !told.live || !told.whole;
  posture();
  $("operations").replaceChildren(...(told.operations.length ? told.operations.map(operation) : [make("p", { class: "quiet" }, w("none"))]));
  $("searches").replaceChildren(...(told.searches.length ? told.searches.map(search) : [make("p", { class: "quiet" }, w("none"))]));
  places();
  draw();
  if (kept) document.querySelector(`[data-twice="${kept}"]`)?.focus();
}
async function refresh() {
  try {
    told = await ask(past === null ? "/api/operations" : `/api/operations?as_of_s=${past}`);
    $("net").textContent = "";
  } catch (error) {
    $("net").textContent = past === null ? w("away") : error.message;
    return;
  }
  show();
}
$("focus").addEventListener("change", () => show());
$("when").addEventListener("submit", (event) => { event.preventDefault(); past = seconds($("when").elements.at.value); refresh(); });
$("now").addEventListener("click", () => { past = null; $("when").elements.at.value = ""; refresh(); });
$("load").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  try {
    const id = await wish("/api/operations", JSON.parse(await file.text()));
    if (id) note("said", w("loaded", { id }));
  } catch (error) {
    note("said", error.message, true);
  }
  event.target.value = "";
});
$("begin").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  if (await wish("/api/searches", { ask: "begin_search", subject: form.get("subject"), lon_deg: Number(form.get("lon")), lat_deg: Number(form.get("lat")), ago_s: 60 * Number(form.get("ago")), name: form.get("name") })) event.target.reset();
});
$("looked").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  await wish("/api/searches", { ask: "look_at_place", place: form.get("place"), by: form.get("by"), found: form.get("found"), pod: Number(form.get("pod")) / 100 });
});
(async () => {
  try {
    const line = await ask("/api/site");
    site = { line: line.line, areas: line.areas, zoom: line.terrain_max_zoom, names: new Map(line.organisations.map((one) => [one.id, one.name])) };
  } catch {
    $("net").textContent = w("away");
    return;
  }
  keys();
  await refresh();
  setInterval(() => { if (past === null) refresh(); }, EVERY_MS);
})();
