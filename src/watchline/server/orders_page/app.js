// The desk's page of links.  It decides nothing: every press is a request with a key of its own, every state shown is
// the core's, asked for every two seconds.  An approval takes two presses on the same button.
"use strict";
const EVERY_MS = 2000, SURE_MS = 5000;

function on(id, out, act) {
  $(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      note(out, await act(new FormData(event.target)));
      await refresh();
    } catch (error) {
      note(out, error.message, true);
    }
  });
}

// A second press within a few seconds approves; what is approved stands on the button.
const sure = new Map();
function twice(id, name, about, act, out) {
  const armed = (sure.get(id) ?? 0) > Date.now();
  return make("button", { type: "button", class: armed ? "sure" : undefined, "data-id": id, press: async () => {
    if (!((sure.get(id) ?? 0) > Date.now())) {
      sure.set(id, Date.now() + SURE_MS);
    } else {
      sure.delete(id);
      try { await act(); } catch (error) { note(out, error.message, true); }
    }
    await refresh();
  } }, armed ? `${w("sure")}: ${about}` : w(name));
}

on("report", "made", async (form) => {
  const reporter = form.get("reporter");
  const address = location.origin + (await ask("/api/field/link", { method: "POST", body: JSON.stringify({ reporter }) })).path;
  const copy = make("button", { type: "button", press: async () => { await navigator.clipboard.writeText(address); copy.textContent = w("copied"); } }, w("copy"));
  return make("span", {}, `${w("linkOnce")} ${reporter}: `, make("code", { "data-testid": "address" }, address), " ", copy);
});
on("plan", "planned", async (form) => {
  const file = form.get("file"), kind = file.name.split(".").pop().toLowerCase();
  const query = new URLSearchParams({ key: crypto.randomUUID(), drone: form.get("drone"), what: form.get("what"), height_m: form.get("height") });
  const told = await ask(`/api/missions/${kind}?${query}`, { method: "POST", body: file });
  return told.refused ? `${w("against")}: ${told.refused}` : `${w("kept")}: ${told.items} ${w("items")}, ${told.digest.slice(0, 8)}`;
});
on("look", "asked", async (form) => {
  const [kind, who] = form.get("who").split(/:(.*)/s);
  const told = await press(`/api/${kind}`, { who, lon_deg: Number(form.get("lon")), lat_deg: Number(form.get("lat")) });
  return told.link ? `${w("sent")} ${told.link}. ${told.say}` : `${w("readOut")}: ${told.say}`;
});

function mission(view) {
  const last = view.outcomes.at(-1), open = view.approvals.length - view.outcomes.length;
  const about = `${view.items} ${w("items")}, ${view.drone}, ${view.digest.slice(0, 8)}`;
  const held = view.outcomes.some((one) => one.outcome === "complete");
  const step = (name) => twice(`${name}-${view.digest}`, name, about, () => press(`/api/missions/${view.digest}/${name}`), "planned");
  const state = last ? `${last.outcome}${last.reason ? ": " + last.reason : ""}` : open > 0 ? w("waiting") : "";
  return make("li", { class: last?.outcome === "refused" ? "bad" : last ? "ok" : undefined }, `${w(view.what)}: ${about}`, make("div", { class: "quiet" }, state),
    make("div", { class: "row" }, step("upload"), held ? step("start") : ""));
}
function task(view) {
  const one = view.task, last = view.answers.at(-1), over = last && last.state !== "accepted";
  const answer = (state) => make("button", { type: "button", press: async () => {
    try { await press(`/api/tasks/${encodeURIComponent(one.task_id)}/answer`, { state }); } catch (error) { note("asked", error.message, true); }
    await refresh();
  } }, w(state));
  const where = one.place ? ` ${one.place.lat_deg.toFixed(5)} ${one.place.lon_deg.toFixed(5)}` : "";
  return make("li", { class: last?.state === "completed" ? "ok" : last?.state === "failed" || last?.state === "rejected" ? "bad" : undefined },
    `${one.command} → ${view.ours ? one.node : w("theirs")}, ${one.approved_by}${where} ${one.argument ?? ""}`,
    make("div", { class: "quiet" }, last ? `${last.state} ${last.reason ?? ""}` : ""),
    view.ours || over ? "" : make("div", { class: "row" }, ...(last ? ["completed"] : ["accepted", "rejected"]).map(answer)));
}
const fill = (id, items) => $(id).replaceChildren(...(items.length ? items : [make("li", { class: "quiet" }, w("none"))]));
function options(select, values) {
  const wanted = JSON.stringify(values);
  if (select.dataset.values === wanted) return;
  const chosen = select.value;
  select.dataset.values = wanted;
  select.replaceChildren(...values.map(([value, text]) => make("option", { value }, text)));
  if (values.some(([value]) => value === chosen)) select.value = chosen;
}

async function refresh() {
  let told;
  try {
    told = await ask("/api/orders");
    $("net").textContent = "";
  } catch {
    $("net").textContent = w("lost");
    return;
  }
  const covers = told.air_cover.map((one) => one.aircraft);
  const flying = told.aircraft.map((one) => one.callsign || one.name || one.aircraft || one.unit);
  options($("plan").elements.drone, told.drones.map((one) => [one.drone, one.drone]));
  options($("look").elements.who, [...told.can_look.map((id) => [`look:${id}`, id]), ...[...new Set([...covers, ...flying])].map((id) => [`observe:${id}`, id])]);
  $("reporters").replaceChildren(...told.reporters.map((id) => make("option", { value: id })));
  fill("missions", told.missions.reverse().map(mission));
  fill("tasks", told.tasks.reverse().map(task));
  fill("sky", [
    ...told.air_cover.map((one) => make("li", {}, `${one.aircraft}, ${one.organisation}: ${kms(`${one.from_km}–${one.to_km}`)}, ${one.low_msl_m}–${one.high_msl_m} m, ${w("until")} ${moment(one.until_s)}`)),
    ...told.aircraft.map((one) => make("li", {}, `${one.callsign || one.name || one.aircraft || one.unit}${one.place ? ` ${one.place.lat_deg.toFixed(4)} ${one.place.lon_deg.toFixed(4)}` : ""}`)),
  ]);
  fill("partner", told.partner_events.map((one) => make("li", {}, `${w(one.what)}, ${one.organisation}, ${Math.round(one.confidence * 100)} %, ${w("until")} ${moment(one.until_s)} ${one.text ?? ""}`)));
}
refresh();
setInterval(() => { if (!document.activeElement?.matches("#missions button, #tasks button")) refresh(); }, EVERY_MS);
