// The Command page.  It decides nothing: options come from the core, each approval names the very option that was seen,
// and takes two presses on the same button.  What is proposed looks like no task.
"use strict";
const EVERY_MS = 2000, SURE_MS = 6000;

const clock = (s) => new Date(s * 1000).toISOString().slice(11, 16) + "Z";
const share = (p) => `${Math.round(100 * p)} %`;
const minutes = (s) => (s < 0 ? "∞" : Math.round(s / 60));
const km = (m) => (m / 1000).toFixed(1);
async function wish(body) {
  try {
    await press("/api/respond", body);
    note("said", w("kept"));
  } catch (error) {
    note("said", error.message, true);
  }
  await refresh();
}

// Square kilometres of a small ring of [longitude, latitude].
function area(ring) {
  const x = ring.map(([lon, lat]) => 111.32 * lon * Math.cos(lat * Math.PI / 180)), y = ring.map(([, lat]) => 111.13 * lat);
  return Math.abs(ring.reduce((sum, _, k) => sum + x[k] * y[(k + 1) % ring.length] - x[(k + 1) % ring.length] * y[k], 0)) / 2;
}

let site = null, told = null;
let sure = null; // the digest whose first press was made, and until when a second one counts
function option(proposal, one, digest, k) {
  const armed = sure?.digest === digest && sure.until > Date.now();
  const facts = [
    w("meets", { range: `${clock(one.early_s)}–${clock(one.late_s)}`, chance: share(one.chance) }), one.led ? w("led") : one.chosen ? w("best") : "", one.holds ? w("holds") : "",
    one.short_m ? w("short", { m: Math.round(one.short_m) }) : "", one.sweeps?.length ? w("sweeps", { km2: area(one.sweeps).toFixed(1) }) : "",
    one.into ? w("into", { who: one.into }) : "", one.uncovers ? w("uncovers", { stretch: `${Math.round(one.uncovers.from_km)}–${Math.round(one.uncovers.to_km)}`, then: minutes(one.uncovers.then_s), before: minutes(one.uncovers.before_s) }) : "",
    ...(one.near ?? []).map((party) => w("near", { who: party.who, m: Math.round(party.distance_m) })),
  ].filter((text) => text !== "");
  const button = make("button", { type: "button", class: armed ? "sure" : undefined, "data-digest": digest, press: async () => {
    if (sure?.digest === digest && sure.until > Date.now()) {
      sure = null;
      await wish({ ask: "send", alert: proposal.alert, unit: one.unit, digest });
    } else {
      sure = { digest, until: Date.now() + SURE_MS };
      show();
    }
  } }, armed ? w(one.led ? "sureLead" : "sure", { unit: one.unit }) : w(one.led ? "lead" : "send"));
  return make("li", { class: one.chosen || k === 0 ? "best" : undefined, "data-option": one.unit }, make("div", {}, make("span", { class: "big" }, code(one.unit)), ` ${kms(`${km(one.place.s_m)}, ${Math.round(one.place.d_m)} m`)}`), make("div", { class: "quiet" }, facts.join(" · ")), make("div", { class: "row" }, button));
}
function proposals() {
  const blocks = told.proposals.map(({ proposal, digests }) => {
    const alert = told.alerts.find((one) => one.id === proposal.alert);
    const title = make("h3", {}, code(proposal.alert), " ", proposal.what === "distress" ? make("span", { class: "sos-word" }, w("distress")) : w(proposal.what), alert ? ` ${kms(`${km(alert.s_m)}`)}` : "");
    const options = proposal.options.map((one, k) => option(proposal, one, digests[k], k));
    const pursue = make("button", { type: "button", press: () => wish({ ask: "pursue", what: "opened", alert: proposal.alert }) }, w("pursue"));
    const twin = options.length && proposal.why ? make("p", { class: "quiet" }, w("twin")) : "";
    const beyond = proposal.what === "distress" && alert && alert.d_m < 0 ? make("p", {}, w("beyond")) : "";
    return make("div", { "data-alert": proposal.alert }, title, beyond, twin, make("ul", {}, ...(options.length ? options : [make("li", {}, `${w("nobody")}. ${proposal.why}`)])), make("div", { class: "row" }, pursue));
  });
  $("proposals").replaceChildren(...(blocks.length ? blocks : [make("p", {}, w("none"))]));
}
const NEXT = { sent: ["accepted", "declined", "en_route"], accepted: ["en_route", "on_scene"], en_route: ["on_scene"], on_scene: [] };
function tasks() {
  const rows = told.tasks.slice().reverse().map((job) => {
    const { task } = job, why = job.told.at(-1)?.why;
    const tell = (state, result = "") => make("button", { type: "button", press: () => wish({ ask: "tell", task: task.task, state, result }) }, result ? `${w("done")}: ${w(result)}` : w(state));
    const buttons = job.over ? [] : [...(NEXT[job.state] ?? []).map((state) => tell(state)), ...(job.state === "on_scene" ? ["found", "not_found", "helped", "handed_over"].map((result) => tell("done", result)) : []), tell("withdrawn")];
    const link = job.sent.at(-1)?.link;
    return make("li", { class: job.over ? undefined : !link || (why && job.state === "sent") ? "bad" : "ok", "data-task": task.task }, make("div", {}, code(task.task), " ", make("span", { class: "big" }, code(task.unit)), ` → `, code(task.alert), ` ${job.led_on ? w("ledOn", { task: job.led_on }) : w(job.state)}`, why && job.state === "sent" ? ` · ${w(String(why))}` : ""),
      make("div", { class: "quiet" }, [w("approvedBy", { who: task.approval.operator }), link ? w("byLink", { link }) : w("notSent")].filter((text) => text !== "").join(" · ")),
      !job.over && !link ? make("div", {}, `${w("say")}: `, code(job.say)) : "", make("div", { class: "row" }, ...buttons));
  });
  $("tasks").replaceChildren(...(rows.length ? rows : [make("li", {}, w("none"))]));
}
function units() {
  const places = new Map();
  const rows = told.units.map((one) => {
    const report = told.places[one.unit], free = !one.not_free;
    if (report) places.set(one.unit, { s_m: report.s_m, d_m: report.d_m, free });
    const age = report ? w("heard", { s: Math.max(0, Math.round(told.now_s - report.t_s)) }) : w("never");
    const ready = one.readiness?.state ?? "available";
    const more = [age, free ? "" : w(one.not_free), one.readiness?.fuel == null ? "" : w("hasFuel", { p: share(one.readiness.fuel) })].filter((text) => text !== "");
    return make("li", { class: free ? "ok" : one.not_free === "tasked" ? undefined : "bad", "data-unit": one.unit }, make("div", {}, make("span", { class: "big" }, code(one.unit)), ` ${free ? w("free") : w(ready)}`), make("div", { class: "quiet" }, more.join(" · ")),
      make("div", { class: "row" }, ...["available", "resting", "out"].filter((state) => state !== ready).map((state) => make("button", { type: "button", press: () => wish({ ask: "ready", unit: one.unit, state }) }, w("setTo", { state: w(state) })))));
  });
  $("units").replaceChildren(...(rows.length ? rows : [make("li", {}, w("none"))]));
  return places;
}
function pursuits() {
  $("pursuits").replaceChildren(...(told.pursuits.length ? told.pursuits.map((one) => make("li", { class: one.over ? undefined : one.contact ? "ok" : "bad" }, code(one.pursuit), ` ${w(one.over ? "closed" : one.contact ? "contact" : "lost")} ${w("of")} `, code(one.holder || one.organisation || "–"), ` ${kms(`${km(one.at.s_m)}, ${clock(one.seen_s)}`)}`, one.to ? ` · ${w("waits", { who: one.to })}` : "",
    make("div", { class: "row" }, one.over ? "" : make("button", { type: "button", press: () => wish({ ask: "pursue", what: "closed", pursuit: one.pursuit }) }, w("close"))))) : [make("li", {}, w("none"))]));
}
function show() {
  const kept = document.activeElement?.dataset?.digest;
  proposals();
  tasks();
  const places = units();
  pursuits();
  $("strip").replaceChildren(strip(1000 * site.length_km, told, places, w("strip")));
  const bare = told.uncovered?.stretches ?? [];
  $("bare").textContent = bare.length ? w("bare", { min: Math.round(told.uncovered.limit_s / 60), km: bare.map((one) => `${Math.round(one.from_km)}–${Math.round(one.to_km)}`).join(", ") }) : w("covered");
  if (kept) document.querySelector(`[data-digest="${kept}"]`)?.focus();
}
async function refresh() {
  try {
    told = await ask("/api/respond");
    $("net").textContent = "";
  } catch {
    $("net").textContent = w("away");
    return;
  }
  show();
}
(async () => {
  try {
    const line = await ask("/api/site");
    site = { length_km: line.length_m / 1000 };
  } catch {
    $("net").textContent = w("away");
    return;
  }
  await refresh();
  setInterval(refresh, EVERY_MS);
})();
