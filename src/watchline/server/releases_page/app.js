// The desk's page of releases.  It decides nothing: what would be told is made by the code that will tell it, and a release
// takes two presses on the same button, with what was filled in unchanged between them.
"use strict";
const KINDS = { outside_track: "tracks", unit_place: "units", unit_report: "units", alert: "alerts", distress_call: "distress", beacon: "distress" };
const EVERY_MS = 5000, SURE_MS = 8000;

const km = (m) => (m > 1e8 ? "∞" : String(Math.round(m / 100) / 10));

function filled() {
  const form = new FormData($("more"));
  return {
    recipient: form.get("recipient"), purpose: form.get("purpose"), what: form.getAll("what"), reason: form.get("reason"),
    from_km: Number(form.get("from")), to_km: Number(form.get("to")), minutes: Number(form.get("minutes")),
  };
}
function termWords(term) {
  const how = term.cell_m === 0 && term.delay_s === 0 ? w("exact") : `${w("square")} ${km(term.cell_m)} km, ${w("after")} ${Math.round(term.delay_s / 60)} min`;
  return `${w(term.what)}: ${how}, ${kms(`${km(Math.max(term.from_m, 0))}–${km(term.to_m)}`)}${term.release ? `, ${w("released")}` : ""}`;
}
async function look(recipient, query, about) {
  try {
    const told = await ask(`/api/recipients/${encodeURIComponent(recipient)}/preview${query}`);
    $("about").replaceChildren(code(recipient), `: ${about}`);
    const exact = told.exact.map((one) => make("li", { class: "bad" }, `${w(KINDS[one.kind] ?? one.kind)} `, code(one.name ?? one.uid ?? one.id), ` ${moment(one.t_s)} `, one.place ? code(`${one.place.lat_deg.toFixed(5)}, ${one.place.lon_deg.toFixed(5)}`) : ""));
    const coarse = told.coarse.map((one) => make("li", {}, `${w("square")} ${kms(km(one.cell_m))} `, code(`${one.place.lat_deg.toFixed(3)}, ${one.place.lon_deg.toFixed(3)}`),
      ` ${moment(one.from_s)}–${moment(one.to_s).slice(11)} ${w("count")} `, code(one.most == null ? `${one.least}+` : `${one.least}–${one.most}`)));
    $("seen").replaceChildren(...(exact.length + coarse.length ? [...exact, ...coarse] : [make("li", {}, w("nothing"))]));
  } catch (error) {
    note("said", error.message, true);
  }
}
$("look").addEventListener("click", () => {
  const said = filled();
  const query = new URLSearchParams({ what: said.what.join(","), from_km: said.from_km, to_km: said.to_km });
  look(said.recipient, `?${query}`, w("withit"));
});

let sure = null; // what was filled in at the first press, and until when a second one counts
$("more").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = filled(), text = JSON.stringify(said);
  if (!sure || sure.text !== text || sure.until < Date.now()) {
    sure = { text, until: Date.now() + SURE_MS };
    $("let").className = "sure";
    $("let").textContent = `${w("sure")}: ${said.recipient}, ${kms(`${said.from_km}–${said.to_km}`)}, ${ltr(said.minutes)} ${w("min")}`;
    setTimeout(calm, SURE_MS);
    return;
  }
  calm();
  try {
    await press("/api/releases", said);
    note("said", w("done"));
    await refresh();
  } catch (error) {
    note("said", error.message, true);
  }
});
function calm() {
  sure = null;
  $("let").className = "";
  $("let").textContent = w("let");
}

async function refresh() {
  let told;
  try {
    told = await ask("/api/recipients");
    $("net").textContent = "";
  } catch {
    $("net").textContent = w("away");
    return;
  }
  $("who").tBodies[0].replaceChildren(...told.recipients.map((one) => make("tr", {},
    make("td", {}, code(one.id)), make("td", {}, w(one.kind)),
    make("td", {}, ...(one.terms.length ? one.terms.map((term) => make("div", {}, termWords(term))) : [w("nothing")])),
    make("td", {}, make("button", { type: "button", press: () => look(one.id, "", w("asis")), "aria-label": `${w("show")} ${one.id}` }, w("show"))))));
  const choice = $("more").elements.recipient, chosen = choice.value;
  if (choice.options.length !== told.recipients.length) {
    choice.replaceChildren(...told.recipients.map((one) => make("option", { value: one.id }, one.id)));
    if (chosen) choice.value = chosen;
  }
  $("standing").replaceChildren(...(told.releases.length ? told.releases.map((one) => make("li", { class: "bad" },
    code(one.recipient), ` ${one.what.map(w).join(", ")} ${kms(`${km(one.from_m)}–${km(one.to_m)}`)}, ${w("until")} ${moment(one.until_s)}, ${w("by")} `, code(one.officer), make("div", { dir: "auto" }, one.reason),
    make("div", { class: "row" }, make("button", { type: "button", press: async () => {
      try { await press(`/api/releases/${encodeURIComponent(one.release)}/end`, {}); note("said", w("ended")); await refresh(); } catch (error) { note("said", error.message, true); }
    } }, w("end"))))) : [make("li", {}, w("nothing"))]));
}
refresh();
setInterval(refresh, EVERY_MS);
