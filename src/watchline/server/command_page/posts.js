// Posts in depth: the gaps between them by class and hour, who closes each; checkpoints and what it costs to go round.
// Figures are the core's; a gap that is only there while a post is relieved stands with the hours in which it is.
"use strict";
const POSTS_EVERY_MS = 15000, CLASSES = ["walker", "crawler", "rider", "vehicle"];
let posts = null, shownClass = "walker";

const runs = (hours) => hours.reduce((all, hour) => (all.at(-1)?.[1] === hour ? all.with(-1, [all.at(-1)[0], hour + 1]) : [...all, [hour, hour + 1]]), []).map(([a, b]) => `${a}–${b}`).join(", ");
const ends = (one) => `${one.left || w("end")} – ${one.right || w("end")}`;

/** Gaps of one class: each with its parts by hours; those of the present hour first, the weakest first. */
function gapRows() {
  const rows = new Map();
  for (const part of posts.gaps.filter((one) => one.class === shownClass)) {
    const key = `${part.left}|${part.right}`;
    if (!rows.has(key)) rows.set(key, []);
    rows.get(key).push(part);
  }
  return [...rows.values()].map((parts) => ({ parts, now: parts.find((part) => part.hours.includes(posts.hour)) })).sort((a, b) => (b.now?.worst ?? -1) - (a.now?.worst ?? -1));
}
function bars(parts) {
  const svg = picture(24 * 9, 26, parts.map((part) => `${runs(part.hours)}: ${share(part.worst)}`).join("; "));
  for (const part of parts) for (const hour of part.hours) svg.append(shape("rect", { x: 9 * hour + 1, y: 25 - 24 * part.worst, width: 7, height: 24 * part.worst + 1, class: hour === posts.hour ? "hour now" : "hour" }));
  return svg;
}
function gapRow({ parts, now }) {
  const part = now ?? parts[0];
  const closed = part.closer ? w("closes", { who: part.closer, min: minutes(part.closer_s) }) : w("nobodyCloses");
  return make("tr", { "data-gap": `${part.left}|${part.right}` }, make("td", {}, ends(part), make("div", { class: "quiet" }, kms(`${part.from_km.toFixed(1)}–${part.to_km.toFixed(1)}`))),
    make("td", { class: now && now.worst > 0.5 ? "weak" : undefined }, now ? make("span", { class: "big" }, ltr(share(now.worst))) : w("onlyAt", { hours: runs(parts.flatMap((one) => one.hours).sort((a, b) => a - b)) }), now ? make("div", { class: "quiet" }, w("atMean", { mean: share(now.mean), km: now.worst_km.toFixed(1) })) : ""),
    make("td", { class: "bars" }, bars(parts)), make("td", {}, closed));
}
function gaps() {
  const pick = make("div", { class: "row" }, ...CLASSES.map((name) => make("button", { type: "button", "aria-pressed": String(name === shownClass), press: () => { shownClass = name; showPosts(); } }, w(name))));
  const rows = gapRows().map(gapRow);
  const head = make("tr", {}, ...["gap", "slips", "byHour", "closer"].map((name) => make("th", { scope: "col" }, w(name))));
  $("gaps").replaceChildren(pick, rows.length ? make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)) : make("p", {}, w(posts.making ? "making" : "noPosts")));
}
const around = (one) => (one.extra_s === null ? w("noWay") : w("costs", { min: (one.extra_s / 60).toFixed(1), day: share(one.noticed_day), night: share(one.noticed_night) }));
function checkpoint(one) {
  const state = one.manned ? (one.changes_s ? w("mannedUntil", { time: clock(one.changes_s) }) : w("manned")) : one.changes_s ? w("emptyUntil", { time: clock(one.changes_s) }) : w("empty");
  const road = one.surface ? w("onRoad", { surface: w(one.surface), m: one.off_road_m }) : w("noRoad");
  const keeps = [...new Set(one.rounds.map((round) => round.keep_m))], classes = [...new Set(one.rounds.map((round) => round.class))];
  const head = make("tr", {}, make("td", {}), ...keeps.map((keep) => make("th", { scope: "col" }, w("roundAt", { m: keep }))));
  const body = classes.map((name) => make("tr", {}, make("th", { scope: "row" }, w(name)), ...keeps.map((keep) => make("td", {}, around(one.rounds.find((round) => round.class === name && round.keep_m === keep))))));
  return make("li", { class: one.manned ? "ok" : "bad", "data-checkpoint": one.id }, make("div", {}, make("span", { class: "big" }, code(one.id)), ` ${w(one.kind)} ${kms(`${km(one.s_m)}`)} · ${state}`), make("div", { class: "quiet" }, road), make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}
function showPosts() {
  const note = posts.fault ? `${w("postsFailed")}: ${posts.fault}` : posts.making ? w("making") : w("reckoned", { m: Math.round(posts.visibility_m / 1000), zone: posts.clock });
  $("posts-note").textContent = note;
  gaps();
  $("checkpoints").replaceChildren(...(posts.checkpoints.length ? posts.checkpoints.map(checkpoint) : [make("li", {}, w(posts.making ? "making" : "none"))]));
}
async function refreshPosts() {
  try {
    posts = await ask("/api/posts");
  } catch {
    return; // the head of the page says that the core is away
  } finally {
    setTimeout(refreshPosts, posts === null || posts.making ? 2000 : POSTS_EVERY_MS);
  }
  showPosts();
}
refreshPosts();
