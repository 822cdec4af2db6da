// The phone page: a report is written as its short text line, kept on the phone, sent when there is a connection, and
// crossed off only when its receipt has come.  Nothing here decides anything: the desk's receipt is the truth.
"use strict";
const LINE_MAX = 200, KEPT = 60, FRESH_MS = 120000, AGAIN_MS = 10000;
const store = {
  get: (key, otherwise) => { try { return JSON.parse(localStorage.getItem("wl-" + key)) ?? otherwise; } catch { return otherwise; } },
  set: (key, value) => localStorage.setItem("wl-" + key, JSON.stringify(value)),
};
const at = { place: null, draft: null, net: "wait", sending: false, tasks: [] };
const $ = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "press") node.addEventListener("click", value);
    else if (value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}
const both = (words) => [words[0], make("small", { lang: "en", dir: "ltr" }, words[1])];
function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

// -- the line of text ---------------------------------------------------------------------------------------------

function crc16(bytes) {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let k = 0; k < 8; k++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc.toString(16).toUpperCase().padStart(4, "0");
}
const stamp = (seconds) => new Date(seconds * 1000).toISOString().replace(/[-:]/g, "").slice(2, 15) + "Z";
const deskNow = () => Date.now() / 1000 + store.get("offset", 0);

function lineOf(draft, number, seconds) {
  const parts = ["WL1", draft.kind, `${store.get("reporter", "")}.${number}`, stamp(seconds)];
  const place = at.place && (draft.kind === "D" || Date.now() - at.place.when < FRESH_MS) ? at.place : null;
  if (place) parts.push(`${place.lat.toFixed(5)},${place.lon.toFixed(5)}`);
  if (draft.subject) parts.push("=" + draft.subject);
  if (draft.count) parts.push("n" + draft.count);
  if (draft.heading) parts.push("h" + draft.heading.padStart(3, "0"));
  if (draft.age) parts.push("a" + draft.age);
  const text = draft.text.replace(/[\p{C}"]/gu, " ").trim();
  const body = parts.join(" ") + (text ? ` "${text}` : "");
  return `${body} *${crc16(new TextEncoder().encode(body))}`;
}
const bytesOf = (line) => new TextEncoder().encode(line).length;

function nextNumber() {
  // Seconds since 2020, or one more than the last: also after the phone's storage was emptied no number comes twice.
  const number = Math.max(store.get("number", 0) + 1, Math.floor(Date.now() / 1000) - 1577836800);
  store.set("number", number);
  return number;
}

// -- screens ------------------------------------------------------------------------------------------------------

function home() {
  at.draft = null;
  const tile = ([letter, arabic, english, path], extra = "") =>
    make("button", { class: "kind" + extra, "data-kind": letter, press: () => details(letter) }, icon(path), ...both([arabic, english]));
  $("screen").replaceChildren(make("div", { class: "grid" }, ...KINDS.map((kind) => tile(kind)), tile(DISTRESS, " distress")));
  listed();
}

function details(kind) {
  at.draft ??= { kind, subject: "", count: "", heading: "", age: "", text: "" };
  const draft = at.draft;
  const words = [...KINDS, DISTRESS].find(([letter]) => letter === kind);
  const choice = (name, columns, options) => [
    make("h2", {}, `${WORDS[name][0]} · ${WORDS[name][1]}`),
    make("div", { class: "grid " + columns }, ...options.map(([value, arabic, english]) =>
      make("button", { "aria-pressed": String(draft[field(name)] === value), "data-choice": `${name}:${value}`,
        press: () => { draft[field(name)] = value; details(kind); } }, arabic, ...(english ? [make("small", { lang: "en", dir: "ltr" }, english)] : [])))),
  ];
  const send = make("button", { class: "send" + (kind === "D" ? " red" : ""), "data-send": "", press: finish }, ...both(WORDS.send));
  const rows = [make("h1", {}, ...both([words[1], words[2]]))];
  if (kind === "D") {
    rows.push(make("p", {}, `${WORDS.sure[0]} · ${WORDS.sure[1]}`), send, ...choice("count", "four", COUNTS.map((n) => [n, n || "؟"])));
  } else {
    rows.push(...choice("who", "three", SUBJECTS), send);
    if (kind !== "N") {
      rows.push(...choice("count", "four", COUNTS.map((n) => [n, n || "؟"])), ...choice("heading", "three compass", HEADINGS));
      if (kind !== "V") rows.push(...choice("age", "three", AGES));
    }
  }
  const bytes = make("div", { class: "bytes" });
  const note = make("input", { dir: "auto", maxlength: "80", "aria-label": WORDS.text.join(" · ") });
  const count = () => { const n = bytesOf(lineOf(draft, 999999999, deskNow())); bytes.textContent = `${n} / ${LINE_MAX}`; send.disabled = n > LINE_MAX; };
  note.value = draft.text;
  note.addEventListener("input", () => { draft.text = note.value; count(); });
  rows.push(make("h2", {}, WORDS.text.join(" · ")), note, bytes, make("button", { press: home, "data-back": "" }, ...both(WORDS.back)));
  count();
  const top = window.scrollY;
  $("screen").replaceChildren(...rows);
  window.scrollTo(0, top);
}
const field = (name) => (name === "who" ? "subject" : name);

function finish() {
  const line = lineOf(at.draft, nextNumber(), deskNow());
  store.set("reports", [{ line, kind: at.draft.kind, state: "waiting" }, ...store.get("reports", [])].filter(
    (report, k) => report.state === "waiting" || k < KEPT));
  home();
  window.scrollTo(0, 0);
  flush();
}

// The note may be written from right to left: kept apart, so that the checksum stands behind it and is read out right.
function shown(line) {
  const [, head, note, check] = line.match(/^(.*?)(?: "(.*))?( \*[0-9A-F]{4})$/);
  return make("code", {}, head, ...(note === undefined ? [] : [' "', make("bdi", {}, note)]), check);
}

function listed() {
  const reports = store.get("reports", []);
  $("sent").replaceChildren(...reports.slice(0, 20).map((report) => {
    const words = [...KINDS, DISTRESS, TASK].find(([letter]) => letter === report.kind);
    const node = make("div", { class: "report " + report.state, "data-state": report.state },
      make("strong", {}, `${words[1]} · ${words[2]}`), make("div", {}, WORDS[report.state].join(" · ")));
    if (report.reason) node.append(make("div", { dir: "auto" }, report.reason));
    if (report.state === "waiting" && at.net !== "ok") {
      node.append(shown(report.line), make("a", { class: "button", href: "sms:?body=" + encodeURIComponent(report.line) }, ...both(WORDS.sms)));
    }
    return node;
  }));
}

// -- orders -------------------------------------------------------------------------------------------------------

// WL1 T unit.number time place grid ...: what stands in it is read out as it is; the desk's word of its state counts,
// but for answers that still wait here.
function ordered() {
  const waits = new Map(store.get("reports", []).filter((report) => report.kind === "T" && report.state === "waiting")
    .map((report) => report.line.split(" ")).reverse().map((parts) => [parts[2], parts[4]]));
  $("tasks").replaceChildren(...at.tasks.map(({ line, state }) => {
    const [, , unit, , place, grid, ...rest] = line.replace(/ \*[0-9A-F]{4}$/, "").split(" ");
    const now = waits.get(unit) ?? state;
    const key = (word) => make("button", { "data-answer": word, press: () => reply(unit, word) }, ...both(ANSWERS[word]));
    return make("div", { class: "report waiting", "data-task": unit, "data-state": "task-" + now },
      make("strong", {}, `${WORDS.order.join(" · ")} ${unit.split(".")[1]}`),
      make("code", { dir: "ltr" }, `${grid.replaceAll("_", " ")}  ${place}  ${rest.join(" ")}`),
      make("div", {}, (ANSWERS[now] ?? []).join(" · ")),
      make("div", { class: "grid" }, ...(NEXT[now] ?? []).map(key)));
  }));
}

function reply(unit, word) {
  const body = `WL1 A ${unit} ${stamp(deskNow())} ${word}`;
  const line = `${body} *${crc16(new TextEncoder().encode(body))}`;
  store.set("reports", [{ line, kind: "T", state: "waiting" }, ...store.get("reports", [])].slice(0, KEPT));
  ordered();
  flush();
}

// -- sending ------------------------------------------------------------------------------------------------------

function net(state) {
  at.net = state;
  const words = { ok: WORDS.netOk, wait: WORDS.netNo, who: WORDS.netWho }[state];
  $("net").className = "state " + (state === "ok" ? "ok" : state === "wait" ? "wait" : "");
  $("net").textContent = words.join(" · ");
}

async function flush() {
  if (at.sending) return;
  at.sending = true;
  try {
    const me = await fetch("/field/me", { cache: "no-store" });
    if (me.status === 403) return net("who");
    if (!me.ok) return net("wait");
    const { reporter, now_s } = await me.json();
    store.set("reporter", reporter);
    store.set("offset", now_s - Date.now() / 1000);
    $("reporter").textContent = reporter;
    net("ok");
    const waiting = store.get("reports", []).filter((report) => report.state === "waiting").slice(-20).reverse();
    if (waiting.length) await sendAll(waiting);
    const orders = await fetch("/field/tasks", { cache: "no-store" });
    if (orders.ok) at.tasks = (await orders.json()).tasks;
  } catch {
    net("wait");
  } finally {
    at.sending = false;
    listed();
    ordered();
  }
}

async function sendAll(waiting) {
  const answer = await fetch("/field/reports", { method: "POST", body: waiting.map((report) => report.line).join("\n") });
  if (!answer.ok) return net(answer.status === 403 ? "who" : "wait");
  const { receipts } = await answer.json();
  const said = new Map(waiting.map((report, k) => [report.line, receipts[k]]));
  store.set("reports", store.get("reports", []).map((report) => {
    const receipt = said.get(report.line);
    if (!receipt) return report;
    return receipt.accepted ? { ...report, state: "accepted" } : { ...report, state: "refused", reason: receipt.reason };
  }));
}

// -- language -----------------------------------------------------------------------------------------------------

function spoken() {
  const mine = store.get("lang", /^(ckb|ku)/.test(navigator.language) ? "ckb" : "ar"), other = mine === "ar" ? "ckb" : "ar";
  if (mine === "ckb") inSorani();
  document.documentElement.lang = mine;
  document.title = `${mine === "ckb" ? SORANI["تقرير ميداني"] : "تقرير ميداني"} · Field report`;
  $("lang").textContent = TONGUES[other];
  $("lang").lang = other;
  $("lang").addEventListener("click", () => { store.set("lang", other); location.reload(); });
}

// -- place, start -------------------------------------------------------------------------------------------------

function gps() {
  const show = (ok, text) => { $("gps").className = "state" + (ok ? " ok" : ""); $("gps").textContent = text; };
  show(false, WORDS.gpsNo.join(" · "));
  navigator.geolocation?.watchPosition((found) => {
    at.place = { lat: found.coords.latitude, lon: found.coords.longitude, when: Date.now() };
    show(true, `${WORDS.gpsOk[0]} \u2066±${Math.round(found.coords.accuracy)} m\u2069`);
  }, () => show(false, WORDS.gpsNo.join(" · ")), { enableHighAccuracy: true, maximumAge: 15000 });
}

spoken();
$("reporter").textContent = store.get("reporter", "…");
net("wait");
gps();
home();
flush();
setInterval(flush, AGAIN_MS);
window.addEventListener("online", flush);
navigator.serviceWorker?.register("/field/worker.js", { scope: "/field" });
