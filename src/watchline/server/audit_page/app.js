// The Audit page.  It reads and changes nothing; what it asks for is kept in the ledger like everybody's looks.
"use strict";
const LANGUAGES = ["en", "ar", "ckb"];
const language = Math.max(LANGUAGES.indexOf(new URLSearchParams(location.search).get("lang")), 0);
const ltr = (text) => `\u2066${text}\u2069`; // figures, times and codes keep their order in a line read from the right
const w = (name, values = {}) => (WORDS[name] ?? [name, name, name])[language].replace(/\{(\w+)\}/g, (_, key) => ltr(values[key]));
const $ = (id) => document.getElementById(id);
document.documentElement.lang = LANGUAGES[language];
document.documentElement.dir = language ? "rtl" : "ltr";
for (const node of document.querySelectorAll("[data-w]")) node.textContent = w(node.dataset.w);

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== ""));
  return node;
}
const code = (text) => make("code", {}, text);
const moment = (s) => new Date(s * 1000).toISOString().slice(0, 19).replace("T", " ") + "Z";
const seconds = (text) => (text === "" ? null : Date.parse(text + (text.length === 16 ? ":00Z" : "Z")) / 1000);
async function ask(path) {
  const answer = await fetch(path);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error ?? answer.statusText);
  return told;
}
function note(id, text, bad = false) {
  $(id).className = bad ? "note bad" : "note";
  $(id).textContent = text;
}

async function chain() {
  const told = await ask("/api/audit/chain");
  const rows = [["head", ltr(told.seq)], ["hash", told.hash], ["since", told.since_s === null ? "–" : moment(told.since_s)], ["events", ltr(Object.keys(told.counts).length)],
    ["signed", ltr(told.checkpoints)], ["lastSigned", told.signed_s === null ? "–" : `${told.signed_seq}, ${moment(told.signed_s)}`], ["key", told.key ?? "–"]];
  $("chain").replaceChildren(...rows.flatMap(([name, value]) => [make("dt", {}, w(name)), make("dd", {}, code(value))]));
}
$("check").addEventListener("click", async () => {
  note("verdict", w("checking"));
  $("check").disabled = true;
  try {
    const told = await ask("/api/audit/check"), fault = told.faults[0];
    const gone = told.deleted || told.rows_deleted ? `; ${w("removed", { files: told.deleted, rows: told.rows_deleted })}` : "";
    note("verdict", told.whole ? w("whole", told) + gone : w("broken", { batch: told.first_broken ?? "–", what: `${fault.where}: ${fault.what}` }), !told.whole);
  } catch (error) {
    note("verdict", error.message, true);
  }
  $("check").disabled = false;
});

$("moment").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target), query = new URLSearchParams();
  for (const [name, field] of [["as_of_s", "asof"], ["known_at_s", "known"]]) if (form.get(field)) query.set(name, seconds(form.get(field)));
  try {
    const told = await ask(`/api/audit/moment?${query}`);
    note("about", `${ltr(moment(told.as_of_s))}, ${told.known_at_s === null ? w("asNow") : `${w("asThen")} ${ltr(moment(told.known_at_s))}`}; ${w("dark")}: ${told.dark.length ? ltr(told.dark.join(", ")) : w("nothing")}; ${w("tracks")}: ${ltr(told.tracks.length)}`);
    const where = (one) => ltr(`km ${(one.s_m / 1000).toFixed(1)}${one.d_m === undefined ? "" : `, ${Math.round(one.d_m)} m`}`);
    const rows = [
      ...told.alerts.map((one) => make("li", { class: "bad" }, `${w("alert")} `, code(one.alert), ` ${one.what}, ${where(one)}, ${one.state} ${one.disposition ?? one.acknowledged_by ?? ""}`)),
      ...told.tracks.map((one) => make("li", {}, code(`T-${one.track}`), ` ${where(one)}, ${ltr(`${one.speed_m_s} m/s, p ${one.p_exist}`)}`)),
      ...Object.entries(told.units).map(([name, one]) => make("li", { class: "ok" }, `${w("unit")} `, code(name), ` ${where(one)}, ${one.state}, ${ltr(moment(one.t_s))}`)),
    ];
    $("then").replaceChildren(...(rows.length ? rows : [make("li", {}, w("nothing"))]));
  } catch (error) {
    note("about", error.message, true);
  }
});

$("records").addEventListener("submit", (event) => { event.preventDefault(); records(); });
async function records() {
  const form = new FormData($("records")), query = new URLSearchParams({ what: form.get("what") });
  if (form.get("person")) query.set("person", form.get("person"));
  for (const [name, field] of [["from_s", "from"], ["to_s", "to"]]) if (form.get(field)) query.set(name, seconds(form.get(field)));
  try {
    const told = await ask(`/api/audit/records?${query}`);
    note("count", w("counted", { n: told.rows.length }) + (told.left_out ? `; ${w("more", { n: told.left_out })}` : ""));
    $("rows").tBodies[0].replaceChildren(...(told.rows.length ? told.rows.map((row) => make("tr", {}, make("td", {}, code(moment(row.t_s))), make("td", {}, code(row.kind)), make("td", {}, code(row.source)),
      make("td", {}, ...Object.entries(row.told).map(([name, value]) => make("div", {}, make("span", { class: "quiet" }, `${name} `), code(name.endsWith("_s") && value > 1e8 ? moment(value) : String(value))))), make("td", {}, code(String(row.seq))))) : [make("tr", {}, make("td", { colspan: 5 }, w("nothing")))]));
  } catch (error) {
    note("count", error.message, true);
  }
}
Promise.all([chain(), records()]).catch(() => { $("net").textContent = w("away"); });
