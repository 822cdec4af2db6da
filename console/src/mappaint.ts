/** What lies on the ground: the line, barriers, looks, towers, units, tracks. Painted from far to near in meaning. */

import { colours, label, Taken, wiped, FONT, type Line, type Side } from './canvas.ts';
import { Crowd, Places, trackKind } from './crowd.ts';
import { minutesTo, offered, underWay, type Option } from './desk/respond.ts';
import { lineAt, moved, utm, utmZone } from './geo.ts';
import { shown } from './layers.ts';
import { carrySeconds, indexOf, tails, type Now } from './motion.ts';
import { rightToLeft } from './prefs.ts';
import { raised, STALE_AFTER_S, selectedAlert, store } from './store.ts';
import { paintTool } from './tools/paint.ts';
import { bracket } from './striptracks.ts';
import { codeText, ltrText, text } from './strings.ts';
import { CROSS, GATE, OCTAGON, shape, TOWER, unitPaths, X_MARK } from './symbols.ts';
import { hourMinute } from './times.ts';
import { drawFlag, flagged, foremost, partyStyle, trackWords } from './trackstyle.ts';
import type { Look, Sensor, Site } from './types.ts';

export interface MapView {
  site: Site;
  width: number;
  height: number;
  center: [number, number];
  metresPerPixel: number;
  /** Seen from the side: a pixel is no fixed number of metres, and a circle no circle. */
  tilted: boolean;
  /** On a printed sheet, which has its own grid, scale and head. */
  paper?: boolean;
  /** West, south, east and north of what is in sight, degrees. */
  bounds: [number, number, number, number];
  project: (lon: number, lat: number) => [number, number];
  unproject: (x: number, y: number) => [number, number];
}

export interface Hit {
  x: number;
  y: number;
  track: number | null;
  alert: string | null;
}

type Pen = CanvasRenderingContext2D;
/** Nearer than this a pixel is a few metres and every post may be named; farther out only the line remains. */
const NEAR_M_PER_PX = 45;

export function paintMap(canvas: HTMLCanvasElement, crowd: Crowd, crowded: Places, view: MapView, now: Now): Hit[] {
  const pen = wiped(canvas, view.width, view.height);
  if (pen === null) return [];
  const near = view.metresPerPixel < NEAR_M_PER_PX;
  // The corners carry the title, the legend, the scale and the zoom buttons.
  const taken = new Taken(
    view.paper === true ? [] : [
      { x: 0, y: 0, w: view.width, h: 46 },
      { x: 0, y: view.height - 46, w: 56, h: 46 },
      { x: view.width - 170, y: view.height - 52, w: 170, h: 52 },
      { x: view.width - 52, y: view.height - 166, w: 52, h: 166 },
    ],
    { x: 4, y: 4, w: view.width - 8, h: view.height - 8 },
  );
  areas(pen, view);
  if (shown('roads')) roads(pen, view);
  if (near && shown('looks')) looks(pen, view);
  const hits: Hit[] = [];
  const late: (() => void)[] = [];
  const last: (() => void)[] = [];
  theLine(pen, view, taken, last);
  // Texts wait until every sign is down, so that no name covers a sign; the most important ask first.
  if (store.past_s === null) ways(pen, view, taken, late);
  trackSigns(pen, view, now, crowded, taken, hits, late);
  crowd.draw(crowded, view.width, view.height);
  alertSigns(pen, view, taken, hits, late);
  unitSigns(pen, view, taken, late);
  sensorSigns(pen, view, taken, near, late);
  if (near) postSigns(pen, view, taken, late);
  for (const write of [...late, ...last]) write();
  if (near) areaNames(pen, view, taken);
  if (near) places(pen, view, taken);
  paintTool(pen, view, taken);
  if (view.tilted || view.paper === true) return hits; // neither a grid on the frame nor a scale would be true
  if (shown('grid')) grid(pen, view);
  scaleBar(pen, view);
  return hits;
}

/** A little more than is in sight, so that nothing appears out of the frame. */
function widened([west, south, east, north]: MapView['bounds']): MapView['bounds'] {
  const [dx, dy] = [0.08 * (east - west), 0.08 * (north - south)];
  return [west - dx, south - dy, east + dx, north + dy];
}

function inside(view: MapView, x: number, y: number, margin = 30): boolean {
  return x > -margin && y > -margin && x < view.width + margin && y < view.height + margin;
}

function trace(pen: Pen, view: MapView, points: readonly (readonly number[])[]): void {
  pen.beginPath();
  for (const point of points) pen.lineTo(...view.project(point[0]!, point[1]!));
}

function roads(pen: Pen, view: MapView): void {
  pen.lineWidth = 1;
  pen.strokeStyle = colours().t3;
  pen.globalAlpha = 0.35;
  pen.setLineDash([]);
  for (const road of view.site.roads) {
    trace(pen, view, road);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

/** The ways of units that were sent, solid, and of the one proposed first for the selected alert, dashed. */
function ways(pen: Pen, view: MapView, taken: Taken, late: (() => void)[]): void {
  const id = store.selection.alertId;
  const first = id === null ? undefined : offered(id)[0];
  const ordered = underWay().map((job) => job.task.option);
  for (const one of ordered) way(pen, view, taken, late, one, []);
  if (first !== undefined && !ordered.some((one) => one.unit === first.unit)) way(pen, view, taken, late, first, [6, 4]);
}

function way(pen: Pen, view: MapView, taken: Taken, late: (() => void)[], option: Option, dash: number[]): void {
  const end = option.route.at(-1);
  if (end === undefined) return;
  const colour = colours();
  trace(pen, view, option.route);
  pen.strokeStyle = colour.own;
  pen.lineWidth = 2;
  pen.setLineDash(dash);
  pen.stroke();
  pen.setLineDash([]);
  const [x, y] = view.project(end[0], end[1]);
  if (!inside(view, x, y)) return;
  pen.beginPath();
  for (const [dx, dy] of [[0, -7], [7, 0], [0, 7], [-7, 0]] as const) pen.lineTo(x + dx, y + dy);
  pen.closePath();
  pen.fillStyle = colour['ink-own'];
  pen.fill();
  pen.stroke();
  taken.boxes.push({ x: x - 8, y: y - 8, w: 16, h: 16 });
  late.push(() => label(pen, taken, x, y, 13, [{ text: `${option.unit} ${hourMinute(option.arrives_s)}`, colour: colour.own, size: 13, weight: 600 }]));
}

/** Ground with a meaning of its own: mines, flood, privacy. Outline and word, no hue: it is as it should be. */
function areas(pen: Pen, view: MapView): void {
  const colour = colours();
  for (const area of view.site.areas ?? []) {
    for (const ring of area.rings) {
      trace(pen, view, ring);
      pen.closePath();
      pen.fillStyle = colour.halo;
      pen.globalAlpha = 0.3;
      pen.fill();
      pen.strokeStyle = colour.t2;
      pen.globalAlpha = 0.7;
      pen.lineWidth = 1.2;
      pen.setLineDash([6, 3, 1, 3]);
      pen.stroke();
    }
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function areaNames(pen: Pen, view: MapView, taken: Taken): void {
  for (const area of view.site.areas ?? []) {
    const ring = area.rings[0];
    if (ring === undefined || ring.length === 0) continue;
    const lon = ring.reduce((sum, point) => sum + point[0], 0) / ring.length;
    const lat = ring.reduce((sum, point) => sum + point[1], 0) / ring.length;
    const [x, y] = view.project(lon, lat);
    if (inside(view, x, y, 0)) label(pen, taken, x, y, 2, [{ text: codeText('area', area.kind), colour: colours().t2, size: 12 }], ['above', 'below']);
  }
}

function stretchPoints(site: Site, from_m: number, to_m: number, step_m = 100): [number, number][] {
  const points: [number, number][] = [];
  for (let s_m = from_m; s_m < to_m; s_m += step_m) {
    const at = lineAt(site, s_m);
    points.push([at.lon, at.lat]);
  }
  const end = lineAt(site, to_m);
  points.push([end.lon, end.lat]);
  return points;
}

function theLine(pen: Pen, view: MapView, taken: Taken, last: (() => void)[]): void {
  const { site } = view;
  const colour = colours();
  pen.lineJoin = 'round';
  for (const barrier of site.barriers) {
    trace(pen, view, barrier.path);
    pen.strokeStyle = colour.t3;
    pen.globalAlpha = barrier.kind === 'trench' ? 0.6 : 0.9;
    pen.lineWidth = barrier.kind === 'trench' ? 2.2 : 1;
    pen.setLineDash(barrier.kind === 'trench' ? [7, 3] : [1.5, 3]);
    pen.stroke();
  }
  pen.setLineDash([]);
  // Over heights the line follows the ground between its points, as far as it is in sight.
  const [near_km, far_km] = store.window ?? [0, 0];
  const course = view.tilted ? stretchPoints(site, Math.max(0, 1000 * near_km - 2000), Math.min(site.length_m, 1000 * far_km + 2000), Math.max(150, 8 * (far_km - near_km))) : site.line;
  trace(pen, view, course);
  pen.globalAlpha = 0.7;
  pen.strokeStyle = colour.halo;
  pen.lineWidth = 6;
  pen.stroke();
  pen.globalAlpha = 0.92;
  pen.strokeStyle = colour.t1;
  pen.lineWidth = 1.8;
  pen.stroke();
  pen.globalAlpha = 1;
  unknownStretches(pen, view);
  const [from, to] = store.window ?? [0, 0];
  const span = to - from;
  const step = span > 100 ? 20 : span > 40 ? 10 : span > 20 ? 5 : span > 9 ? 2 : 1;
  const first = Math.max(from, 0);
  for (let km = Math.ceil(first); km <= to; km++) {
    if (span > 40 && km % step !== 0) continue;
    const at = lineAt(site, km * 1000);
    const [x, y] = view.project(at.lon, at.lat);
    const nx = Math.cos(at.bearing_rad) * 5;
    const ny = Math.sin(at.bearing_rad) * 5;
    pen.strokeStyle = colour.t1;
    pen.lineWidth = 1.2;
    pen.beginPath();
    pen.moveTo(x - nx, y - ny);
    pen.lineTo(x + nx, y + ny);
    pen.stroke();
    if (km % step === 0) {
      last.push(() => label(pen, taken, x, y, 9, [{ text: text('km.whole', { n: km }), colour: colour.t2, size: 12 }], ['above', 'below']));
    }
  }
}

/** Where nobody can say what was seen: the line itself is broken up. */
function unknownStretches(pen: Pen, view: MapView): void {
  const strip = store.picture?.strip;
  if (!strip) return;
  pen.strokeStyle = colours().void;
  pen.lineWidth = 7;
  pen.setLineDash([2, 4]);
  strip.in_view.forEach((share, i) => {
    if (share !== null) return;
    const from = i * strip.step_km * 1000;
    trace(pen, view, stretchPoints(view.site, from, from + strip.step_km * 1000, 250));
    pen.stroke();
  });
  pen.setLineDash([]);
}

/* ---- sensors ---- */

function looks(pen: Pen, view: MapView): void {
  const colour = colours();
  for (const look of store.picture?.looks ?? []) {
    const sensor = view.site.sensors[look.sensor];
    if (!sensor || look.az_deg === null || look.hfov_deg === null) continue;
    if (sensor.kind !== 'thermal_camera' && sensor.kind !== 'drone_camera') continue;
    const [x, y] = view.project(sensor.lon, sensor.lat);
    const r = (look.range_m ?? sensor.range_m) / view.metresPerPixel;
    if (!inside(view, x, y, r)) continue;
    const half = (look.hfov_deg * Math.PI) / 360;
    const middle = ((look.az_deg - 90) * Math.PI) / 180;
    const reach = look.state === 'dark' ? Math.min(r, 110) : r;
    pen.beginPath();
    pen.moveTo(x, y);
    if (view.tilted) drape(pen, view, sensor, reach * view.metresPerPixel, look.az_deg, look.hfov_deg);
    else pen.arc(x, y, reach, middle - half, middle + half);
    pen.closePath();
    if (look.state === 'dark') {
      // Where it looked last: an outline only, nothing is seen there.
      pen.setLineDash([4, 4]);
      pen.strokeStyle = colour.t2;
      pen.globalAlpha = 0.6;
      pen.lineWidth = 1;
      pen.stroke();
      pen.setLineDash([]);
    } else {
      const fade = pen.createRadialGradient(x, y, 0, x, y, r);
      fade.addColorStop(0, colour.own);
      fade.addColorStop(1, `${colour.own}00`);
      pen.fillStyle = fade;
      pen.globalAlpha = look.state === 'degraded' ? 0.14 : 0.3;
      pen.fill();
    }
    pen.globalAlpha = 1;
  }
}

/** The edge of a look laid over the ground, out along one side, round, and back along the other. */
function drape(pen: Pen, view: MapView, sensor: Sensor, reach_m: number, az_deg: number, hfov_deg: number): void {
  const STEPS = 8;
  const to = (az: number, out_m: number): void => {
    const rad = (az * Math.PI) / 180;
    pen.lineTo(...view.project(...moved(sensor.lon, sensor.lat, out_m * Math.sin(rad), out_m * Math.cos(rad))));
  };
  const [from, over] = [az_deg - hfov_deg / 2, az_deg + hfov_deg / 2];
  for (let k = 1; k < STEPS; k++) to(from, (reach_m * k) / STEPS);
  for (let k = 0; k <= STEPS; k++) to(from + ((over - from) * k) / STEPS, reach_m);
  for (let k = STEPS - 1; k > 0; k--) to(over, (reach_m * k) / STEPS);
}

function sensorSigns(pen: Pen, view: MapView, taken: Taken, near: boolean, late: (() => void)[]): void {
  const colour = colours();
  const looks = new Map<number, Look>((store.picture?.looks ?? []).map((look) => [look.sensor, look]));
  const named = new Set<string>();
  for (const sensor of view.site.sensors) {
    if (sensor.kind === 'drone_camera') continue;
    const look = looks.get(sensor.index);
    const dark = look?.state === 'dark';
    const small = sensor.kind === 'ground_sensor' || sensor.kind === 'fence_sensor';
    if (!near && !dark) continue;
    if (sensor.kind === 'fence_sensor' && !dark) continue;
    const [x, y] = view.project(sensor.lon, sensor.lat);
    if (!inside(view, x, y)) continue;
    pen.save();
    pen.translate(x, y);
    if (small && !dark) {
      pen.strokeStyle = colour.own;
      pen.lineWidth = 1.4;
      pen.beginPath();
      pen.arc(0, 0, 3.2, 0, 2 * Math.PI);
      pen.stroke();
    } else if (sensor.kind === 'thermal_camera' || sensor.kind === 'radar') {
      pen.lineWidth = 1.5;
      pen.fillStyle = dark || look === undefined ? colour['bg-0'] : colour.own;
      pen.strokeStyle = dark || look === undefined ? colour.t2 : colour.halo;
      pen.fill(shape(TOWER));
      pen.stroke(shape(TOWER));
    }
    if (dark) {
      pen.strokeStyle = colour.t1;
      pen.lineWidth = 1.6;
      pen.scale(1.5, 1.5);
      pen.stroke(shape(X_MARK));
    }
    pen.restore();
    taken.boxes.push({ x: x - 7, y: y - 7, w: 14, h: 14 });
    const spot = sensor.post ?? sensor.id;
    if (dark) late.push(() => label(pen, taken, x, y, 11, darkLines(sensor, look!)));
    else if (!small && !named.has(spot) && view.metresPerPixel < 30) {
      named.add(spot);
      late.push(() => label(pen, taken, x, y, 9, [{ text: spot, colour: colour.t2, size: 12 }], ['below', 'right', 'left']));
    }
  }
}

function darkLines(sensor: Sensor, look: Look): Line[] {
  const colour = colours();
  const lines: Line[] = [{ text: text('map.dark_sensor', { sensor: sensor.id }), colour: colour.t1, size: 12 }];
  if (look.cause !== null) lines.push({ text: codeText('cause', look.cause), colour: colour.t2, size: 12 });
  return lines;
}

function postSigns(pen: Pen, view: MapView, taken: Taken, late: (() => void)[]): void {
  const colour = colours();
  for (const post of view.site.posts) {
    if (post.kind === 'watchtower') continue;
    const [x, y] = view.project(post.lon, post.lat);
    if (!inside(view, x, y)) continue;
    pen.save();
    pen.translate(x, y);
    pen.strokeStyle = colour.own;
    pen.lineWidth = 1.8;
    pen.stroke(shape(GATE));
    pen.restore();
    taken.boxes.push({ x: x - 6, y: y - 7, w: 12, h: 14 });
    late.push(() => label(pen, taken, x, y, 9, [{ text: post.id, colour: colour.t2, size: 12 }], ['right', 'below', 'left']));
  }
}

function places(pen: Pen, view: MapView, taken: Taken): void {
  const colour = colours();
  for (const place of view.site.places) {
    const [x, y] = view.project(place.lon, place.lat);
    if (!inside(view, x, y, 0)) continue;
    pen.fillStyle = colour.t3;
    pen.beginPath();
    pen.arc(x, y, 2, 0, 2 * Math.PI);
    pen.fill();
    label(pen, taken, x, y, 6, [{ text: place.name, colour: colour.t3, size: 12 }]);
  }
}

/* ---- people ---- */

function unitSigns(pen: Pen, view: MapView, taken: Taken, late: (() => void)[]): void {
  const offers = store.selection.alertId === null ? [] : offered(store.selection.alertId);
  const colour = colours();
  for (const unit of store.picture?.units ?? []) {
    const [x, y] = view.project(unit.lon, unit.lat);
    if (!inside(view, x, y)) continue;
    const { frame, mark } = unitPaths(unit.kind);
    pen.save();
    pen.translate(x, y);
    pen.lineWidth = 1.6;
    pen.fillStyle = colour['ink-own'];
    pen.strokeStyle = colour.own;
    pen.fill(shape(frame));
    pen.stroke(shape(frame));
    if (mark !== '') pen.stroke(shape(mark));
    pen.restore();
    taken.boxes.push({ x: x - 13, y: y - 8, w: 26, h: 16 });
    const going = offers.find((one) => one.unit === unit.id);
    const line = going
      ? `${ltrText(unit.id)} · ${text('span.minutes', { range: minutesTo(going) })}`
      : unit.id;
    late.push(() => label(pen, taken, x, y, 16, [{ text: line, colour: colour.own, size: going ? 14 : 12, weight: 600 }]));
  }
}

function trackSigns(pen: Pen, view: MapView, now: Now, crowded: Places, taken: Taken, hits: Hit[], late: (() => void)[]): void {
  const colour = colours();
  const { tracks } = store;
  const open = flagged();
  const grown = carrySeconds();
  const at = new Map<number, [number, number]>();
  const seen: number[] = [];
  const [west, south, east, north] = widened(view.bounds);
  const chosenAt = store.selection.trackId === null ? undefined : indexOf(store.selection.trackId);
  for (let i = 0; i < now.n; i++) {
    const [lon, lat] = [now.lon[i]!, now.lat[i]!];
    if (i !== chosenAt && (lon < west || lon > east || lat < south || lat > north)) continue;
    seen.push(i);
  }
  const order = foremost(seen);
  const named = new Set(order);
  crowded.clear();
  for (const i of seen) {
    const [x, y] = view.project(now.lon[i]!, now.lat[i]!);
    if (named.has(i)) at.set(i, [x, y]);
    else {
      const id = tracks.id[i]!;
      crowded.add(x, y, trackKind(tracks.state[i]!, tracks.age_s[i]! > STALE_AFTER_S, open.has(id)), id);
    }
  }
  for (const i of [...order].reverse()) {
    const [x, y] = at.get(i)!;
    const id = tracks.id[i]!;
    const chosen = i === chosenAt;
    if (!inside(view, x, y, chosen ? 4000 : 60)) continue;
    const style = partyStyle(tracks.state[i]!);
    const stale = tracks.age_s[i]! > STALE_AFTER_S;
    hits.unshift({ x, y, track: id, alert: null });
    const tail = tails.get(id);
    if (tail !== undefined && shown('tails')) {
      pen.strokeStyle = style.stroke;
      pen.lineWidth = chosen ? 1.8 : 1.3;
      pen.globalAlpha = chosen ? 0.95 : 0.6;
      pen.beginPath();
      for (const point of tail) pen.lineTo(...view.project(point.lon, point.lat));
      if (!stale) pen.lineTo(x, y);
      pen.stroke();
      if (chosen) {
        pen.fillStyle = style.stroke;
        for (const point of tail.filter((_, k) => k % 6 === 0)) {
          const [px, py] = view.project(point.lon, point.lat);
          pen.beginPath();
          pen.arc(px, py, 1.8, 0, 2 * Math.PI);
          pen.fill();
        }
      }
      pen.globalAlpha = 1;
    }
    if (chosen) expectation(pen, view, i, x, y, late, taken);
    // 1-sigma ellipse, shown when it says more than the sign itself; it grows while nothing is heard.
    const growth = stale ? Math.hypot(tracks.ve_m_s[i]!, tracks.vn_m_s[i]!) * 0.3 * grown : 0;
    const major = (tracks.major_m[i]! + growth) / view.metresPerPixel;
    const minor = (tracks.minor_m[i]! + growth) / view.metresPerPixel;
    if (!view.tilted && ((chosen && major > 2) || major > 10)) {
      pen.strokeStyle = style.stroke;
      pen.lineWidth = 1;
      pen.setLineDash([3, 2]);
      pen.beginPath();
      pen.ellipse(x, y, Math.max(major, 1), Math.max(minor, 1), tracks.angle_rad[i]! - Math.PI / 2, 0, 2 * Math.PI);
      pen.stroke();
      pen.setLineDash([]);
    }
    pen.save();
    pen.translate(x, y);
    pen.lineWidth = 1.6;
    if (stale) pen.setLineDash([2.5, 2]);
    pen.fillStyle = style.fill;
    pen.strokeStyle = style.stroke;
    pen.fill(shape(style.path));
    pen.stroke(shape(style.path));
    pen.restore();
    taken.boxes.push({ x: x - 8, y: y - 8, w: 16, h: 16 });
    if (open.has(id)) drawFlag(pen, x, y);
    if (chosen) bracket(pen, x, y, 20, colour.sel);
  }
  for (const i of order) {
    const [x, y] = at.get(i)!;
    if (!inside(view, x, y, 0)) continue;
    const id = tracks.id[i]!;
    const chosen = store.selection.trackId === id;
    const style = partyStyle(tracks.state[i]!);
    const said = trackWords(i);
    const mgrs = chosen ? selectedAlert()?.mgrs : null;
    const lines: Line[] = [{ text: said.name, colour: style.stroke, size: chosen ? 15 : 12, weight: chosen ? 700 : 500 }];
    if (mgrs) lines.push({ text: mgrs, colour: colour.t1, size: 12 });
    const sides: Side[] = chosen ? ['left', 'right', 'above', 'below'] : ['right', 'left', 'above', 'below'];
    late.push(() => label(pen, taken, x, y, chosen ? 27 : 13, lines, sides));
  }
}

/** The dashed way to the line, and the stretch between the early and the late crossing. */
function expectation(pen: Pen, view: MapView, i: number, x: number, y: number, late: (() => void)[], taken: Taken): void {
  const { tracks } = store;
  const cross_m = tracks.s_cross_m[i]!;
  if (!Number.isFinite(cross_m)) return;
  const style = partyStyle(tracks.state[i]!);
  const at = lineAt(view.site, cross_m);
  const [cx, cy] = view.project(at.lon, at.lat);
  pen.strokeStyle = style.stroke;
  pen.lineWidth = 1.6;
  pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(cx, cy);
  pen.stroke();
  pen.setLineDash([]);
  pen.fillStyle = style.stroke;
  pen.beginPath();
  pen.arc(cx, cy, 3.5, 0, 2 * Math.PI);
  pen.fill();
  const eta = tracks.eta_s[i]!;
  if (Number.isFinite(eta)) {
    late.push(() =>
      label(pen, taken, cx, cy, 9, [{ text: hourMinute(tracks.t_s + eta), colour: style.stroke, size: 15, weight: 700 }], ['left', 'right', 'below', 'above']),
    );
  }
}

function alertSigns(pen: Pen, view: MapView, taken: Taken, hits: Hit[], late: (() => void)[]): void {
  const colour = colours();
  for (const alert of store.alerts.values()) {
    const chosen = alert.id === store.selection.alertId;
    if ((alert.state === 'closed' && !chosen) || alert.kind === 'sensor_dark' || !raised(alert)) continue;
    if (alert.track_id !== null && indexOf(alert.track_id) !== undefined) continue;
    const [x, y] = view.project(alert.lon, alert.lat);
    if (!inside(view, x, y)) continue;
    hits.unshift({ x, y, track: null, alert: alert.id });
    const distress = alert.kind === 'distress';
    pen.save();
    pen.translate(x, y);
    pen.lineWidth = 2;
    if (distress) {
      pen.fillStyle = colour.sos;
      pen.fill(shape(OCTAGON));
      pen.strokeStyle = colour['bg-0'];
      pen.lineWidth = 2.6;
      pen.stroke(shape(CROSS));
    } else {
      pen.strokeStyle = alert.state === 'open' ? colour.need : colour.t2;
      pen.stroke(shape(X_MARK));
      pen.beginPath();
      pen.arc(0, 0, 8, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.restore();
    taken.boxes.push({ x: x - 10, y: y - 10, w: 20, h: 20 });
    if (chosen) bracket(pen, x, y, 20, colour.sel);
    // A name for what is chosen or in distress; a crowd of like names would cover the ground.
    if (!chosen && !distress) continue;
    const ink = distress ? colour.sos : alert.state === 'open' ? colour.need : colour.t2;
    late.push(() =>
      label(pen, taken, x, y, chosen ? 26 : 13, [{ text: codeText('alert', alert.kind), colour: ink, size: 13, weight: 600 }]),
    );
  }
}

/* ---- frame ---- */

/** Kilometre ticks of the UTM grid on the frame, numbered as the grid reference is read out. */
function grid(pen: Pen, view: MapView): void {
  const zone = utmZone(view.center[0]);
  const colour = colours();
  const corner = (x: number, y: number): [number, number] => utm(...view.unproject(x, y), zone);
  const width_km = (view.width * view.metresPerPixel) / 1000;
  const step = width_km > 60 ? 0 : width_km > 25 ? 5 : width_km > 6 ? 2 : 1;
  if (step === 0) return;
  pen.font = `400 12px ${FONT}`;
  pen.direction = 'ltr';
  pen.lineWidth = 1;
  const tick = (value_km: number, fraction: number, vertical: boolean): void => {
    const named = value_km % step === 0;
    const long = named ? 9 : 5;
    pen.strokeStyle = colour.t2;
    pen.globalAlpha = 0.8;
    pen.beginPath();
    const text2 = String(((value_km % 100) + 100) % 100).padStart(2, '0');
    pen.fillStyle = colour.t2;
    if (vertical) {
      const y = fraction * view.height;
      pen.moveTo(0, y);
      pen.lineTo(long, y);
      pen.moveTo(view.width, y);
      pen.lineTo(view.width - long, y);
      if (named && y > 60 && y < view.height - 60) outlined(pen, text2, 13, y + 4, 'left');
    } else {
      const x = fraction * view.width;
      pen.moveTo(x, 0);
      pen.lineTo(x, long);
      pen.moveTo(x, view.height);
      pen.lineTo(x, view.height - long);
      if (named && x > 60 && x < view.width - 180) outlined(pen, text2, x, view.height - 13, 'center');
    }
    pen.stroke();
    pen.globalAlpha = 1;
  };
  const [e0] = corner(0, view.height);
  const [e1] = corner(view.width, view.height);
  for (let e = Math.ceil(e0 / 1000); e * 1000 <= e1; e++) tick(e, (e * 1000 - e0) / (e1 - e0), false);
  const [, n0] = corner(0, view.height);
  const [, n1] = corner(0, 0);
  for (let n = Math.ceil(n0 / 1000); n * 1000 <= n1; n++) tick(n, 1 - (n * 1000 - n0) / (n1 - n0), true);
}

function outlined(pen: Pen, words: string, x: number, y: number, align: CanvasTextAlign): void {
  pen.textAlign = align;
  pen.save();
  pen.strokeStyle = colours().halo;
  pen.lineWidth = 3;
  pen.strokeText(words, x, y);
  pen.fillText(words, x, y);
  pen.restore();
}

function scaleBar(pen: Pen, view: MapView): void {
  const colour = colours();
  const most_m = 130 * view.metresPerPixel;
  const power = 10 ** Math.floor(Math.log10(most_m));
  const length_m = [5, 2, 1].map((k) => k * power).find((m) => m <= most_m) ?? power;
  const w = length_m / view.metresPerPixel;
  const x = view.width - 28 - w;
  const y = view.height - 18;
  pen.fillStyle = colour['bg-0'];
  pen.globalAlpha = 0.78;
  pen.fillRect(x - 12, y - 24, w + 24, 34);
  pen.globalAlpha = 1;
  pen.strokeStyle = colour.t1;
  pen.lineWidth = 1.4;
  pen.beginPath();
  pen.moveTo(x, y - 4);
  pen.lineTo(x, y);
  pen.lineTo(x + w, y);
  pen.lineTo(x + w, y - 4);
  pen.stroke();
  pen.font = `400 12px ${FONT}`;
  pen.direction = rightToLeft() ? 'rtl' : 'ltr';
  pen.textAlign = 'center';
  pen.fillStyle = colour.t2;
  const words = length_m >= 1000 ? text('scale.km', { n: length_m / 1000 }) : text('scale.m', { n: length_m });
  pen.fillText(words, x + w / 2, y - 8);
}
