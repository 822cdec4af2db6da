// The Maintain page.  It reckons nothing: every number is the core's, read from the ledger and the live line when asked.
"use strict";
let hours = 24, onlyBad = true, told = null;
const percent = (p, digits = 0) => (p === null ? "–" : ltr(`${(100 * p).toFixed(digits)} %`));
const RANK = { dark: 0, degraded: 1, up: 2 };
const low = (one) => one.up_share !== null && one.up_share < 0.95;
const cause = (text) => (WORDS[text] ? w(text) : code(text ?? ""));

async function sensors() {
  told = await ask(`/api/maintain/sensors?hours=${hours}`);
  draw();
}
function draw() {
  const count = (state) => told.sensors.filter((one) => one.state === state).length;
  note("counts", w("countsN", { dark: count("dark"), degraded: count("degraded"), up: count("up"), low: told.sensors.filter(low).length }));
  const shown = told.sensors.filter((one) => !onlyBad || one.state !== "up" || low(one) || (one.quality.at(-1) ?? 1) < 0.7);
  shown.sort((a, b) => RANK[a.state] - RANK[b.state] || (b.km ?? 0) - (a.km ?? 0) || a.id.localeCompare(b.id));
  $("list").tBodies[0].replaceChildren(...(shown.length ? shown.map(row) : [make("tr", {}, make("td", { colspan: 8 }, w("nobody")))]));
  for (const button of document.querySelectorAll("[data-hours]")) button.setAttribute("aria-pressed", String(Number(button.dataset.hours) === hours));
  $("which").setAttribute("aria-pressed", String(onlyBad));
  $("air").replaceChildren(airOver(told, w("air")));
  const select = $("tell").elements.post;
  if (select.options.length === 0) select.append(...told.posts.map((id) => make("option", { value: id }, id)));
}
function row(one) {
  const quality = one.quality.at(-1), found = one.inspected;
  return make("tr", { "data-sensor": one.id },
    make("td", {}, code(one.id), make("div", { class: "quiet" }, `${w(one.kind)} · ${w("kmN", { n: one.s_km.toFixed(1) })}`)),
    make("td", {}, make("span", { class: `state ${one.state}` }, w(one.state === "up" ? "works" : one.state)), one.cause ? make("div", { class: "quiet" }, cause(one.cause)) : ""),
    make("td", {}, one.since_s === null ? "–" : code(moment(one.since_s))),
    make("td", { class: low(one) ? "low" : undefined }, percent(one.up_share, 1)),
    make("td", {}, ltr(String(one.outages))),
    make("td", {}, quality === null ? "–" : percent(quality), spark(one.quality, `${w("quality")}: ${quality === null ? "–" : quality}`)),
    make("td", {}, one.km === null ? "–" : w("kmN", { n: one.km.toFixed(1) })),
    make("td", {}, found ? make("span", {}, code(moment(found.t_s)), ` ${w(found.what)} ${ltr(`${Math.round(100 * found.condition)} %`)}`) : "–"));
}
async function reckon() {
  $("reckon").disabled = true;
  note("said", w("reckoning"));
  try {
    const found = await ask("/api/maintain/repairs");
    const whole = found.as_it_is?.mean !== undefined;
    note("said", found.repairs.length === 0 ? w("nothing") : whole ? w("asItIs", { mean: found.as_it_is.mean.toFixed(2), open: found.as_it_is.open_km }) : w("done"));
    $("order").hidden = found.repairs.length === 0;
    $("order").tBodies[0].replaceChildren(...found.repairs.map((one, k) => make("tr", {}, make("td", {}, String(k + 1)), make("td", {}, code(one.sensor)), make("td", {}, ltr(String(one.hours))),
      make("td", {}, ltr(`+${one.gain.toFixed(4)}`)), make("td", {}, ltr(`+${one.gain_per_hour.toFixed(4)}`)), make("td", {}, one.most_km === undefined ? "–" : w("thenN", { km: one.most_km, open: one.open_km })))));
    $("order").after(...(document.querySelector("#order ~ .mark") ? [] : [make("p", { class: "mark" }, found.mark)]));
  } catch (error) {
    note("said", error.message, true);
  }
  $("reckon").disabled = false;
}
$("reckon").addEventListener("click", reckon);
$("which").addEventListener("click", () => { onlyBad = !onlyBad; draw(); });
for (const button of document.querySelectorAll("[data-hours]")) button.addEventListener("click", () => { hours = Number(button.dataset.hours); sensors().catch(away); });
$("tell").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  try {
    await press("/api/by-hand", { record: { kind: "inspection", subject: form.get("post"), what: form.get("what"), condition: Number(form.get("condition")) / 100, text: form.get("words") } });
    note("kept", w("done2"));
    await sensors();
  } catch (error) {
    note("kept", error.message, true);
  }
});
function away() { $("net").textContent = w("away"); }
sensors().catch(away);
setInterval(() => { if (!document.hidden) sensors().then(() => { $("net").textContent = ""; }, away); }, 30_000);
