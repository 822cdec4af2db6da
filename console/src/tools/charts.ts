/**
 * The two drawings of the ground: a sight line's profile and the skyline all round. Never mirrored: who looks is at
 * the left, bearings grow to the right.
 */

import { colours, FONT, label, Taken, wiped } from '../canvas.ts';
import { rightToLeft } from '../prefs.ts';
import { store } from '../store.ts';
import { text } from '../strings.ts';
import { bearingText, elevationText, metres, roundStep } from './figures.ts';
import { peak, runs } from './paint.ts';
import type { Horizon, Sight } from './state.ts';

type Pen = CanvasRenderingContext2D;
/** Room for the axes, CSS pixels. */
const LEFT = 54;
const RIGHT = 16;
const TOP = 20;
const BOTTOM = 30;
/** The band under the profile that says seen or hidden. */
const BAND = 12;

/** The share of the way under a pixel of the chart's width. */
export function shareAt(x: number, width: number): number {
  return Math.min(1, Math.max(0, (x - LEFT) / (width - LEFT - RIGHT)));
}

export function paintProfile(canvas: HTMLCanvasElement, width: number, height: number, sight: Sight, mark: number | null): void {
  const pen = wiped(canvas, width, height);
  const { distance_m, ground_m, drop_m } = sight.profile;
  const far = sight.leg.distance_m;
  // The ground is lowered by the Earth's curve less refraction, so that the ray is a straight line.
  const low = ground_m.map((z, k) => (z === null ? null : z - (drop_m[k] ?? 0)));
  const known = low.filter((z): z is number => z !== null);
  if (pen === null || known.length === 0) return;
  const colour = colours();
  const eye = low[0] === null ? null : low[0]! + sight.eye_m;
  const top = low.at(-1) === null ? null : low.at(-1)! + sight.subject_m;
  const [floor, roof] = [Math.min(...known), Math.max(...known, eye ?? -Infinity, top ?? -Infinity)];
  const span = Math.max(roof - floor, 10);
  const x = (d: number): number => LEFT + (d / (distance_m.at(-1) ?? far)!) * (width - LEFT - RIGHT);
  const y = (z: number): number => TOP + (1 - (z - floor + 0.06 * span) / (1.14 * span)) * (height - TOP - BOTTOM - BAND);
  axis(pen, width, height, span, floor, y, far, x);
  // Ground, a piece for each stretch that is known.
  pen.fillStyle = colour['bg-3'];
  pen.strokeStyle = colour.t2;
  pen.lineWidth = 1.5;
  const foot = height - BOTTOM - BAND;
  pieces(low).forEach(([from, to]) => {
    pen.beginPath();
    pen.moveTo(x(distance_m[from]!), foot);
    for (let k = from; k <= to; k++) pen.lineTo(x(distance_m[k]!), y(low[k]!));
    pen.lineTo(x(distance_m[to]!), foot);
    pen.fill();
    pen.beginPath();
    for (let k = from; k <= to; k++) pen.lineTo(x(distance_m[k]!), y(low[k]!));
    pen.stroke();
  });
  band(pen, sight, x, distance_m.at(-1)!, foot);
  if (eye !== null && top !== null) ray(pen, sight, [x(0), y(eye)], [x(distance_m.at(-1)!), y(top)], y(low[0]!), y(low.at(-1)!));
  if (sight.blocker_m !== null && sight.answer === 'hidden') {
    const k = nearest(distance_m, sight.blocker_m);
    if (low[k] !== null) {
      const [px, py] = [x(distance_m[k]!), y(low[k]!)];
      peak(pen, px, py - 4, [6, 3, 8], 1.6);
      label(pen, new Taken([], { x: LEFT, y: 0, w: width - LEFT - RIGHT, h: height }), px, py - 6, 9, [{ text: text('sight.blocker', { far: metres(sight.blocker_m) }), colour: colour.t1, size: 12, weight: 600 }], ['above', 'left', 'right']);
    }
  }
  if (mark !== null) {
    const k = nearest(distance_m, mark * distance_m.at(-1)!);
    upright(pen, x(distance_m[k]!), foot, low[k] === null ? null : y(low[k]!));
  }
}

function nearest(values: readonly (number | null)[], wanted: number): number {
  let best = 0;
  values.forEach((value, k) => {
    if (Math.abs((value ?? Infinity) - wanted) < Math.abs((values[best] ?? Infinity) - wanted)) best = k;
  });
  return best;
}

/** From and to of the runs without a void. */
function pieces(values: readonly (number | null)[]): [number, number][] {
  const found: [number, number][] = [];
  values.forEach((value, k) => {
    if (value === null) return;
    if (k > 0 && values[k - 1] !== null && found.length > 0) found.at(-1)![1] = k;
    else found.push([k, k]);
  });
  return found;
}

function axis(pen: Pen, width: number, height: number, span: number, floor: number, y: (z: number) => number, far: number, x: (d: number) => number): void {
  const colour = colours();
  pen.font = `400 12px ${FONT}`;
  pen.direction = 'ltr';
  pen.fillStyle = colour.t2;
  pen.strokeStyle = colour.edge;
  pen.lineWidth = 1;
  pen.globalAlpha = 1;
  const step = roundStep(span / 2.2);
  pen.textAlign = 'right';
  for (let z = Math.ceil(floor / step) * step; z <= floor + span; z += step) {
    pen.fillText(String(Math.round(z)), LEFT - 8, y(z) + 4);
    pen.globalAlpha = 0.35;
    pen.beginPath();
    pen.moveTo(LEFT, y(z));
    pen.lineTo(width - RIGHT, y(z));
    pen.stroke();
    pen.globalAlpha = 1;
  }
  pen.textAlign = 'center';
  pen.direction = rightToLeft() ? 'rtl' : 'ltr';
  const along = roundStep(far / 4);
  for (let d = 0; d <= far * 0.97; d += along) pen.fillText(d === 0 ? '0' : metres(d), Math.max(LEFT, x(d)), height - 10);
}

/** Under the ground: full where a subject is seen, hatched where hidden, empty where nobody knows. */
function band(pen: Pen, sight: Sight, x: (d: number) => number, far: number, foot: number): void {
  const colour = colours();
  for (const [from, to, hidden] of runs(sight)) {
    const [a, b] = [x(from * far), x(to * far)];
    if (hidden === false) {
      pen.fillStyle = colour.own;
      pen.fillRect(a, foot + 3, b - a, BAND - 5);
      continue;
    }
    if (hidden === null) continue;
    pen.save();
    pen.beginPath();
    pen.rect(a, foot + 1, b - a, BAND - 1);
    pen.clip();
    pen.strokeStyle = colour.t2;
    pen.lineWidth = 1.2;
    pen.beginPath();
    for (let at = a - BAND; at < b + BAND; at += 5) {
      pen.moveTo(at, foot + BAND);
      pen.lineTo(at + BAND, foot);
    }
    pen.stroke();
    pen.restore();
  }
}

function ray(pen: Pen, sight: Sight, from: [number, number], to: [number, number], footA: number, footB: number): void {
  const colour = colours();
  pen.strokeStyle = colour.sel;
  pen.lineWidth = 1.6;
  pen.setLineDash(sight.answer === 'seen' ? [] : [5, 4]);
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
  pen.setLineDash([]);
  // A stands as high as the mast, B as high as the subject.
  pen.lineWidth = 3;
  pen.beginPath();
  pen.moveTo(from[0], footA);
  pen.lineTo(...from);
  pen.moveTo(to[0], footB);
  pen.lineTo(...to);
  pen.stroke();
  pen.font = `600 12px ${FONT}`;
  pen.fillStyle = colour.sel;
  pen.textAlign = 'left';
  pen.direction = 'ltr';
  pen.fillText('A', from[0] + 5, from[1] - 4);
  pen.textAlign = 'right';
  pen.fillText('B', to[0] - 5, to[1] - 4);
}

function upright(pen: Pen, x: number, foot: number, y: number | null): void {
  pen.strokeStyle = colours().sel;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(x, TOP - 6);
  pen.lineTo(x, foot);
  pen.stroke();
  if (y === null) return;
  pen.beginPath();
  pen.arc(x, y, 4, 0, 2 * Math.PI);
  pen.fillStyle = colours().sel;
  pen.fill();
}

export function paintHorizon(canvas: HTMLCanvasElement, width: number, height: number, horizon: Horizon, mark: number | null): void {
  const pen = wiped(canvas, width, height);
  const known = horizon.elevation_deg.filter((one): one is number => one !== null);
  if (pen === null || known.length === 0) return;
  const colour = colours();
  const count = horizon.elevation_deg.length;
  const [floor, roof] = [Math.min(...known, -0.2), Math.max(...known, 0.2)];
  const span = Math.max(roof - floor, 0.5);
  const foot = height - BOTTOM;
  const x = (degrees: number): number => LEFT + (degrees / 360) * (width - LEFT - RIGHT);
  const y = (degrees: number): number => TOP + (1 - (degrees - floor + 0.12 * span) / (1.3 * span)) * (foot - TOP);
  pen.font = `400 12px ${FONT}`;
  pen.direction = 'ltr';
  pen.lineWidth = 1;
  for (let at = 0; at < 360; at += 30) {
    const quarter = ['n', 'e', 's', 'w'][at / 90];
    pen.fillStyle = quarter === undefined ? colour.t2 : colour.t1;
    pen.font = `${quarter === undefined ? 400 : 600} 12px ${FONT}`;
    pen.textAlign = 'center';
    pen.fillText(quarter === undefined ? String(at).padStart(3, '0') : text(`compass.${quarter}`), x(at), height - 10);
  }
  pen.font = `400 12px ${FONT}`;
  const step = roundStep(span / 2);
  pen.textAlign = 'right';
  for (let at = Math.ceil(floor / step) * step; at <= roof; at += step) {
    pen.globalAlpha = 1;
    pen.fillStyle = colour.t2;
    pen.fillText(`${Math.abs(at) < 1e-9 ? '0' : at.toFixed(step < 1 ? 1 : 0).replace('-', '−')}°`, LEFT - 8, y(at) + 4);
    pen.strokeStyle = colour.edge;
    pen.globalAlpha = Math.abs(at) < 1e-9 ? 0.8 : 0.3;
    pen.setLineDash(Math.abs(at) < 1e-9 ? [6, 4] : []);
    pen.beginPath();
    pen.moveTo(LEFT, y(at));
    pen.lineTo(width - RIGHT, y(at));
    pen.stroke();
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
  const closed = [...horizon.elevation_deg, horizon.elevation_deg[0] ?? null];
  pieces(closed).forEach(([from, to]) => {
    const line = (): void => {
      pen.beginPath();
      for (let k = from; k <= to; k++) pen.lineTo(x((k * 360) / count), y(closed[k]!));
    };
    line();
    pen.lineTo(x((to * 360) / count), foot);
    pen.lineTo(x((from * 360) / count), foot);
    pen.fillStyle = colour['bg-3'];
    pen.fill();
    line();
    pen.strokeStyle = colour.t1;
    pen.lineWidth = 1.5;
    pen.stroke();
  });
  towers(pen, horizon, x, width);
  if (mark === null) return;
  const elevation = horizon.elevation_deg[Math.round(mark * 2) % count] ?? null;
  upright(pen, x(mark), foot, elevation === null ? null : y(elevation));
}

/** In which direction the posts stand that are near enough to be looked for. */
function towers(pen: Pen, horizon: Horizon, x: (degrees: number) => number, width: number): void {
  const taken = new Taken([], { x: LEFT, y: 0, w: width - LEFT - RIGHT, h: 40 });
  const { lon, lat } = horizon.point;
  const shrink = Math.cos((lat * Math.PI) / 180);
  const posts = (store.site?.posts ?? [])
    .map((post) => ({ id: post.id, east: (post.lon - lon) * shrink * 111_320, north: (post.lat - lat) * 111_320 }))
    .map((post) => ({ ...post, far: Math.hypot(post.east, post.north) }))
    .filter((post) => post.far > 50 && post.far < NAMED_M)
    .sort((a, b) => a.far - b.far);
  for (const post of posts) {
    const at = x(((Math.atan2(post.east, post.north) * 180) / Math.PI + 360) % 360);
    pen.strokeStyle = colours().own;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(at, TOP - 2);
    pen.lineTo(at, TOP + 6);
    pen.stroke();
    label(pen, taken, at, TOP - 3, 0, [{ text: post.id, colour: colours().t2, size: 12 }], ['above']);
  }
}
const NAMED_M = 12_000;

/** What stands at a bearing, as one line to be read and copied. */
export function horizonAt(horizon: Horizon, mark: number): { bearing: string; elevation: string; far: string; height_m: number | null } | null {
  const k = Math.round(mark * 2) % horizon.elevation_deg.length;
  const elevation = horizon.elevation_deg[k] ?? null;
  if (elevation === null) return null;
  return { bearing: bearingText(mark), elevation: elevationText(elevation), far: metres(horizon.range_m[k] ?? 0), height_m: horizon.height_m[k] ?? null };
}
