/** What moves on the strip: tracks, their tails, the expected crossings and their names. Redrawn at display rate. */

import { colours, label, Taken, wiped, type Box, type Line } from './canvas.ts';
import { ALERT_DONE, ALERT_OPEN, Crowd, Places, trackKind } from './crowd.ts';
import { shown } from './layers.ts';
import { indexOf, tails, type Now } from './motion.ts';
import { raised, STALE_AFTER_S, store } from './store.ts';
import { shape } from './symbols.ts';
import { drawCrossing, drawFlag, flagged, foremost, NAMED_MOST, partyStyle, trackWords } from './trackstyle.ts';
import { homeSide, lineAt } from './geo.ts';
import type { Frame } from './strip.ts';
import type { Site } from './types.ts';

const MOST_LABELS = 40;

/** Our own people are on the strip as units already; their tracks stay small and nameless. */
export function stripScale(party: number): number {
  return party === 1 ? 0.5 : 0.85;
}

export interface StripHit {
  x: number;
  y: number;
  track: number | null;
  alert: string | null;
}

export function paintStripTracks(canvas: HTMLCanvasElement, crowd: Crowd, places: Places, frame: Frame, busy: readonly Box[], now: Now): StripHit[] {
  const pen = wiped(canvas, frame.width, frame.height);
  if (pen === null) return [];
  const { tracks } = store;
  const colour = colours();
  const all = Array.from({ length: now.n }, (_, i) => i);
  const order = foremost(all);
  const named = new Set(order);
  const open = flagged();
  const hits: StripHit[] = [];
  looks(pen, frame);
  places.clear();
  for (let i = 0; now.n > NAMED_MOST && i < now.n; i++) {
    if (named.has(i)) continue;
    const id = tracks.id[i]!;
    places.add(frame.x(now.s_m[i]!), frame.y(now.d_m[i]!), trackKind(tracks.state[i]!, tracks.age_s[i]! > STALE_AFTER_S, open.has(id)), id);
  }
  loneAlerts(frame, places, hits);
  crowd.draw(places, frame.width, frame.height);
  const taken = new Taken(busy, { x: frame.x0, y: 30, w: frame.x1 - frame.x0 + 20, h: frame.axis - 30 });
  const spots = order.map((i) => {
    const spot = { i, x: frame.x(now.s_m[i]!), y: frame.y(now.d_m[i]!) };
    if (tracks.state[i] !== 1) taken.boxes.push({ x: spot.x - 8, y: spot.y - (open.has(tracks.id[i]!) ? 20 : 8), w: 16, h: 28 });
    return spot;
  });
  // Least important first, so that the selected one lies on top.
  for (const { i, x, y } of [...spots].reverse()) {
    const id = tracks.id[i]!;
    const style = partyStyle(tracks.state[i]!);
    const chosen = store.selection.trackId === id;
    const stale = tracks.age_s[i]! > STALE_AFTER_S;
    hits.push({ x, y, track: id, alert: null });
    pen.strokeStyle = style.stroke;
    pen.setLineDash([]);
    const tail = tails.get(id);
    if (tail !== undefined && tail.length > 1 && shown('tails')) {
      pen.globalAlpha = chosen ? 0.95 : 0.55;
      pen.lineWidth = chosen ? 1.6 : 1.2;
      pen.beginPath();
      let outside: boolean | null = null;
      // Across the line the tail is broken: band and barriers between the two halves are not ground.
      const to = (d_m: number, px: number, py: number): void => {
        if (outside === d_m < 0) pen.lineTo(px, py);
        else pen.moveTo(px, py);
        outside = d_m < 0;
      };
      for (const point of tail) to(point.d_m, frame.x(point.s_m), frame.y(point.d_m));
      // A stale track's tail stays open: nobody knows that it led here.
      if (!stale) to(now.d_m[i]!, x, y);
      pen.stroke();
    }
    const cross = tracks.s_cross_m[i]!;
    if (Number.isFinite(cross) && now.d_m[i]! < 0) {
      pen.globalAlpha = chosen ? 1 : 0.75;
      pen.setLineDash([3, 3]);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(frame.x(cross), frame.line - 5);
      pen.stroke();
      pen.setLineDash([]);
      pen.fillStyle = style.stroke;
      drawCrossing(pen, frame.x(cross), frame.line);
    }
    pen.globalAlpha = 1;
    pen.save();
    pen.translate(x, y);
    const size = chosen ? 0.85 : stripScale(tracks.state[i]!);
    pen.scale(size, size);
    pen.lineWidth = 1.6;
    if (stale) pen.setLineDash([2.5, 2]);
    pen.fillStyle = style.fill;
    pen.fill(shape(style.path));
    pen.stroke(shape(style.path));
    pen.restore();
    if (open.has(id)) drawFlag(pen, x, y);
    if (chosen) bracket(pen, x, y, 12, colour.sel);
  }
  for (const { i, x, y } of spots.slice(0, MOST_LABELS)) {
    const chosen = store.selection.trackId === tracks.id[i]!;
    if (tracks.state[i] === 1 && !chosen) continue;
    label(pen, taken, x, y, chosen ? 18 : 13, stripLines(i, chosen));
  }
  return hits;
}

/** Where every camera looks now: one path for all, so that two hundred cost what one does. */
function looks(pen: CanvasRenderingContext2D, frame: Frame): void {
  const { site, picture } = store;
  if (site === null || picture === null) return;
  const side = homeSide(site);
  pen.beginPath();
  for (const look of picture.looks) {
    const sensor = site.sensors[look.sensor];
    if (sensor?.kind !== 'thermal_camera' || look.state === 'dark' || look.az_deg === null || look.hfov_deg === null) continue;
    const [x, y] = [frame.x(sensor.s_m), frame.line - 4];
    const [from, to] = lookAngles(site, side, sensor.s_m, look.az_deg, look.hfov_deg);
    pen.moveTo(x, y);
    for (const angle of [from, to]) pen.lineTo(x + LOOK_PX * Math.sin(angle), y - LOOK_PX * Math.cos(angle));
    pen.closePath();
  }
  pen.fillStyle = colours().own;
  pen.globalAlpha = 0.4;
  pen.fill();
  pen.globalAlpha = 1;
}

/** As the strip sees it, up is straight outwards. A sign of direction, not of range. */
const LOOK_PX = 20;
const LEAST_RAD = 0.16;

function lookAngles(site: Site, side: 1 | -1, s_m: number, az_deg: number, hfov_deg: number): [number, number] {
  const relative = (az_deg * Math.PI) / 180 - lineAt(site, s_m).bearing_rad;
  const eastward = site.line.at(-1)![0] >= site.line[0]![0] ? 1 : -1;
  const middle = Math.atan2(Math.cos(relative) * eastward, -side * Math.sin(relative));
  const half = Math.max((hfov_deg * Math.PI) / 360, LEAST_RAD);
  return [middle - half, middle + half];
}

/** Alerts that have a place but no track that is still held; one with a track is flagged there, distress and wire have signs of their own. */
function loneAlerts(frame: Frame, places: Places, hits: StripHit[]): void {
  for (const alert of store.alerts.values()) {
    if (!raised(alert) || alert.state === 'closed' || alert.kind === 'sensor_dark' || alert.kind === 'distress' || alert.kind === 'fence_touched') continue;
    if (alert.track_id !== null && indexOf(alert.track_id) !== undefined) continue;
    const [x, y] = [frame.x(alert.s_m), Math.min(frame.axis - 6, frame.y(alert.d_m))];
    places.add(x, y, alert.state === 'open' ? ALERT_OPEN : ALERT_DONE, 0);
    hits.push({ x, y: y - 7, track: null, alert: alert.id });
  }
}

function stripLines(i: number, chosen: boolean): Line[] {
  const colour = colours();
  const said = trackWords(i);
  const style = partyStyle(store.tracks.state[i]!);
  const lines: Line[] = [
    { text: said.name, colour: chosen ? colour.t1 : colour.t2, size: chosen ? 13 : 12, weight: chosen ? 600 : 400 },
  ];
  if (said.time !== '') lines.push({ text: said.time, colour: style.stroke, size: chosen ? 16 : 12, weight: chosen ? 700 : 400 });
  return lines;
}

export function bracket(pen: CanvasRenderingContext2D, x: number, y: number, r: number, colour: string): void {
  const arm = r * 0.45;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6;
  pen.setLineDash([]);
  pen.beginPath();
  for (const [sx, sy] of [[-1, -1], [1, -1], [-1, 1], [1, 1]] as const) {
    pen.moveTo(x + sx * r, y + sy * (r - arm));
    pen.lineTo(x + sx * r, y + sy * r);
    pen.lineTo(x + sx * (r - arm), y + sy * r);
  }
  pen.stroke();
}
