// The Account page.  It decides nothing and reckons nothing: every number is the core's, read from the ledger when asked.
"use strict";

const share = (p) => (p < 0.001 && p > 0 ? "<0.1 %" : `${(100 * p).toFixed(p < 0.1 ? 1 : 0)} %`);
const windowWords = (one) => `${ltr(`${moment(one.from_s)} – ${moment(one.to_s)}`)}, ${kms(`${+one.from_km.toFixed(1)}–${+one.to_km.toFixed(1)}`)}`;
const field = (s) => new Date(s * 1000).toISOString().slice(0, 16);

let shown = null; // the window that is on the screen
async function unseen() {
  const form = new FormData($("window")), query = new URLSearchParams();
  for (const [name, value] of [["from_s", seconds(form.get("from"))], ["to_s", seconds(form.get("to"))], ["from_km", form.get("low")], ["to_km", form.get("high")]]) {
    if (value !== null && value !== "") query.set(name, value);
  }
  try {
    shown = await ask(`/api/account/unseen?${query}`);
  } catch (error) {
    note("said", error.message, true);
    return;
  }
  note("said", windowWords(shown));
  const inputs = $("window").elements;
  if (inputs.from.value === "") [inputs.from.value, inputs.to.value, inputs.low.value, inputs.high.value] = [field(shown.from_s), field(shown.to_s + 59), "0", String(Math.ceil(shown.line_km))];
  $("answers").replaceChildren(...shown.classes.map(answer));
  const mine = shown.by_km?.person;
  $("strip").replaceChildren(mine ? strip(mine, shown.from_km, shown.to_km, shown.mark, w("byKm")) : make("p", { class: "quiet" }, w("notYours")));
}
function answer(one) {
  const known = one.most !== null;
  const words = known ? w("mostN", { most: one.most, p: share(one.p_any), mean: one.mean.toFixed(1) }) : w("unknownN");
  const best = one.informed === null ? "" : w("bestN", { plan: share(one.informed), now: share(one.knowing) });
  const more = [best, one.least ? w("leastN", { n: one.least }) : "", one.not_judged ? w("judgedN", { n: one.not_judged }) : ""].filter((text) => text !== "").join(" ");
  const parts = [["watched", one.detected_h], ["missed", one.missed_h], ["blind", one.blind_h]].map(([name, hours]) => `${w(name)} ${ltr(hours.toFixed(1))}`).join(" · ");
  return make("div", {}, make("h3", {}, w(one.subject)), make("p", { class: known ? "answer" : "answer unknown" }, `${w("seenN", { n: one.seen })} `, make("b", {}, words)), exposure(one, parts), make("p", { class: "quiet" }, `${parts} ${w("hours")}. ${more}`));
}

async function calibration() {
  const told = await ask("/api/account/calibration");
  for (const name of ["alerts", "passages"]) {
    const one = told[name];
    const label = one.bins.map((bin) => `${w("said")} ${share(bin.told)}, ${w("happened")} ${bin.happened}/${bin.of}`).join("; ");
    $(name).replaceChildren(...(one.count ? [reliability(one, label), make("p", { class: "quiet" }, `${w("count")}: ${ltr(one.count)}`)] : [make("p", { class: "quiet" }, w("none"))]));
  }
  const rows = [["z", one(told.alerts.z, told.passages.z)], ["brier", one(told.alerts.brier, told.passages.brier)], ["evalue", told.e_value.toFixed(2), { at: told.alarm_at }], ["missedOf", `${told.missed}/${told.passages.count}`],
    ["answered", `${told.answered}/${told.tests}`], ["lastTrial", told.last_trial_s === null ? "–" : moment(told.last_trial_s)]];
  $("right").replaceChildren(...rows.flatMap(([name, value, values]) => [make("dt", {}, w(name, values)), make("dd", { dir: "ltr" }, value)]));
  $("trials").tBodies[0].replaceChildren(...(told.sensors.length ? told.sensors.map((row) => make("tr", {}, make("td", {}, code(row.sensor)), make("td", {}, String(row.trials)), make("td", {}, String(row.seen)), make("td", {}, code(row.interval.map((p) => p.toFixed(2)).join("–"))))) : [make("tr", {}, make("td", { colspan: 4 }, w("none")))]));
  function one(...both) {
    return both.map((value, k) => (value === null ? "" : `${w(k ? "ofPassages" : "ofAlerts")}: ${value.toFixed(2)}`)).filter((text) => text !== "").join(" · ") || "–";
  }
}

async function claims() {
  const told = (await ask("/api/account/claims")).claims;
  $("claims").replaceChildren(...(told.length ? told.map((one) => make("li", {},
    make("div", { dir: "auto" }, `“${one.claim.words}” — ${one.claim.office}`), make("span", { class: `verdict ${one.verdict}` }, w(one.verdict)), " ",
    w("claimN", { known: one.known, most: one.most === null ? w("nothingN") : w("atMostN", { n: one.most }), blind: share(one.blind_share) }),
    make("div", { class: "quiet" }, windowWords(one.claim) + (one.sign.length ? `; ${w("reopened")} ${ltr(one.sign.join(", "))}` : "")))) : [make("li", {}, w("noClaims"))]));
}
function entering(id, path, body) {
  $(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await press(path, body(new FormData(event.target)));
      note("entered", w("kept"));
      event.target.reset();
      await Promise.all([claims(), unseen()]);
    } catch (error) {
      note("entered", error.message, true);
    }
  });
}
const place = () => ({ from_km: shown.from_km, to_km: shown.to_km });
entering("claim", "/api/account/claims", (form) => ({ ...place(), words: form.get("words"), office: form.get("office"), definition: form.get("definition"), at_most: Number(form.get("most")), always: form.has("always"), from_s: shown.from_s, to_s: shown.to_s }));
entering("sign", "/api/account/signs", (form) => ({ ...place(), what: form.get("what"), people: Number(form.get("people")), note: form.get("note"), round_an_end: form.has("round"), since_s: shown.from_s, found_s: shown.to_s }));

$("window").addEventListener("submit", (event) => { event.preventDefault(); unseen(); });
for (const button of document.querySelectorAll("[data-hours]")) {
  button.addEventListener("click", () => {
    const inputs = $("window").elements, hours = Number(button.dataset.hours), end = shown?.ends_s ?? 0;
    inputs.from.value = hours ? field(Math.max(end - 3600 * hours, shown?.begins_s ?? 0)) : "";
    inputs.to.value = hours ? field(end + 59) : "";
    if (!hours) inputs.low.value = inputs.high.value = "";
    unseen();
  });
}
$("papers").replaceChildren(...["unseen", "claims", "calibration", "shift", "transparency", "dpia", "audit"].map((kind) => make("a", { href: `/api/report/${kind}.html?lang=${LANGUAGES[language]}` }, w(`p_${kind}`))));
Promise.all([unseen(), calibration(), claims()]).catch(() => { $("net").textContent = w("away"); });
