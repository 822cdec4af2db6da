// The Audit page.  It reads and changes nothing; what it asks for is kept in the ledger like everybody's looks.
"use strict";
const instant = (s) => new Date(s * 1000).toISOString().slice(0, 19).replace("T", " ") + "Z"; // to the second

async function chain() {
  const told = await ask("/api/audit/chain");
  const rows = [["head", ltr(told.seq)], ["hash", told.hash], ["since", told.since_s === null ? "–" : instant(told.since_s)], ["events", ltr(Object.keys(told.counts).length)],
    ["signed", ltr(told.checkpoints)], ["lastSigned", told.signed_s === null ? "–" : `${told.signed_seq}, ${instant(told.signed_s)}`], ["key", told.key ?? "–"]];
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
    note("about", `${ltr(instant(told.as_of_s))}, ${told.known_at_s === null ? w("asNow") : `${w("asThen")} ${ltr(instant(told.known_at_s))}`}; ${w("dark")}: ${told.dark.length ? ltr(told.dark.join(", ")) : w("nothing")}; ${w("tracks")}: ${ltr(told.tracks.length)}`);
    const where = (one) => kms(`${(one.s_m / 1000).toFixed(1)}${one.d_m === undefined ? "" : `, ${Math.round(one.d_m)} m`}`);
    const rows = [
      ...told.alerts.map((one) => make("li", { class: "bad" }, `${w("alert")} `, code(one.alert), ` ${one.what}, ${where(one)}, ${one.state} ${one.disposition ?? one.acknowledged_by ?? ""}`)),
      ...told.tracks.map((one) => make("li", {}, code(`T-${one.track}`), ` ${where(one)}, ${ltr(`${one.speed_m_s} m/s, p ${one.p_exist}`)}`)),
      ...Object.entries(told.units).map(([name, one]) => make("li", { class: "ok" }, `${w("unit")} `, code(name), ` ${where(one)}, ${one.state}, ${ltr(instant(one.t_s))}`)),
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
    $("rows").tBodies[0].replaceChildren(...(told.rows.length ? told.rows.map((row) => make("tr", {}, make("td", {}, code(instant(row.t_s))), make("td", {}, code(row.kind)), make("td", {}, code(row.source)),
      make("td", {}, ...Object.entries(row.told).map(([name, value]) => make("div", {}, make("span", { class: "quiet" }, WORDS[`f_${name}`] ? `${w(`f_${name}`)} ` : code(name), " "), code(name.endsWith("_s") && value > 1e8 ? instant(value) : String(value))))), make("td", {}, code(String(row.seq))))) : [make("tr", {}, make("td", { colspan: 5 }, w("nothing")))]));
  } catch (error) {
    note("count", error.message, true);
  }
}
Promise.all([chain(), records()]).catch(() => { $("net").textContent = w("away"); });
