/** What a tool draws on the map: its points and way, what is hidden of a sight line, where a bearing meets the horizon. */

import { colours, label, type Taken } from '../canvas.ts';
import type { MapView } from '../mappaint.ts';
import { ltrText } from '../strings.ts';
import { bearingText, metres } from './figures.ts';
import { hiddenAt, tool, type LonLat, type Sight } from './state.ts';

type Pen = CanvasRenderingContext2D;

export function paintTool(pen: Pen, view: MapView, taken: Taken): void {
  if (tool.open === null) return;
  pen.save();
  pen.lineJoin = 'round';
  pen.lineCap = 'butt';
  for (const at of tool.points) {
    const [x, y] = view.project(...at);
    taken.boxes.push({ x: x - 10, y: y - 10, w: 20, h: 20 });
  }
  if (tool.open === 'measure') way(pen, view, taken);
  else if (tool.open === 'sight') sightLine(pen, view);
  else bearing(pen, view, taken);
  tool.points.forEach((at, k) => dot(pen, ...view.project(...at), tool.open === 'measure' ? String(k + 1) : k === 0 ? 'A' : 'B'));
  if (tool.at !== null && tool.byKey) cross(pen, ...view.project(...tool.at));
  pen.restore();
}

function stroke(pen: Pen, view: MapView, points: readonly LonLat[], dash: number[], width = 2): void {
  const colour = colours();
  for (const [ink, wide] of [[colour.halo, width + 3], [colour.sel, width]] as const) {
    pen.beginPath();
    for (const at of points) pen.lineTo(...view.project(...at));
    pen.strokeStyle = ink;
    pen.lineWidth = wide;
    pen.setLineDash(dash);
    pen.stroke();
  }
  pen.setLineDash([]);
}

function way(pen: Pen, view: MapView, taken: Taken): void {
  const { points, measured, at } = tool;
  if (points.length > 1) stroke(pen, view, points, []);
  if (points.length > 2) stroke(pen, view, [points.at(-1)!, points[0]!], [2, 5], 1);
  if (at !== null && points.length > 0) stroke(pen, view, [points.at(-1)!, at], [5, 4], 1.2);
  measured?.legs.forEach((leg, k) => {
    const [a, b] = [points[k], points[k + 1]];
    if (a === undefined || b === undefined) return;
    const [x, y] = view.project((a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
    label(pen, taken, x, y, 8, [{ text: `${metres(leg.distance_m)} · ${ltrText(bearingText(leg.bearing_deg))}`, colour: colours().sel, size: 13, weight: 600 }]);
  });
}

/** Solid where a subject of that height would be seen, dotted where it would be hidden. */
function sightLine(pen: Pen, view: MapView): void {
  const { points, sight, at, mark } = tool;
  const [a, b] = points;
  if (a === undefined) return;
  if (b === undefined || sight === null || !('profile' in sight)) {
    const to = b ?? at;
    if (to !== null) stroke(pen, view, [a, to], [5, 4], 1.2);
    return;
  }
  for (const [from, to, hidden] of runs(sight)) stroke(pen, view, [between(a, b, from), between(a, b, to)], hidden === false ? [] : hidden ? [2, 5] : [1, 9], hidden === false ? 2.4 : 1.6);
  const far = sight.leg.distance_m;
  if (sight.blocker_m !== null && sight.answer === 'hidden') peak(pen, ...view.project(...between(a, b, sight.blocker_m / far)));
  if (mark !== null) ring(pen, ...view.project(...between(a, b, mark)));
}

/** Stretches of a profile that are alike: from and to as shares of the way, and whether hidden (null: not known). */
export function runs(sight: Sight): [number, number, boolean | null][] {
  const { distance_m } = sight.profile;
  const far = distance_m.at(-1) ?? 1;
  const found: [number, number, boolean | null][] = [];
  distance_m.forEach((d, k) => {
    if (k === 0) return;
    const is = hiddenAt(sight, k);
    const last = found.at(-1);
    const [from, to] = [(distance_m[k - 1] ?? 0) / far!, (d ?? 0) / far!];
    if (last !== undefined && last[2] === is) last[1] = to;
    else found.push([from, to, is]);
  });
  return found;
}

export function between(a: LonLat, b: LonLat, share: number): LonLat {
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

function bearing(pen: Pen, view: MapView, taken: Taken): void {
  const { horizon, points, mark } = tool;
  const at = points[0];
  if (at === undefined || horizon?.answer !== 'drawn' || mark === null) return;
  outline(pen, view);
  const k = Math.round(mark * 2) % horizon.lon.length;
  const [lon, lat] = [horizon.lon[k] ?? null, horizon.lat[k] ?? null];
  if (lon === null || lat === null) return;
  stroke(pen, view, [at, [lon, lat]], []);
  const [x, y] = view.project(lon, lat);
  ring(pen, x, y);
  label(pen, taken, x, y, 12, [{ text: `${ltrText(bearingText(mark))} · ${metres(horizon.range_m[k] ?? 0)}`, colour: colours().sel, size: 13, weight: 600 }]);
}

/** The skyline as it lies on the ground: dots, since between two bearings it may jump from ridge to ridge. */
function outline(pen: Pen, view: MapView): void {
  const { horizon } = tool;
  pen.fillStyle = colours().t1;
  pen.globalAlpha = 0.8;
  horizon!.lon.forEach((lon, k) => {
    const lat = horizon!.lat[k] ?? null;
    if (lon === null || lat === null) return;
    const [x, y] = view.project(lon, lat);
    pen.fillRect(x - 1, y - 1, 2, 2);
  });
  pen.globalAlpha = 1;
}

function dot(pen: Pen, x: number, y: number, name: string): void {
  const colour = colours();
  pen.beginPath();
  pen.arc(x, y, 9, 0, 2 * Math.PI);
  pen.fillStyle = colour['bg-0'];
  pen.strokeStyle = colour.sel;
  pen.lineWidth = 1.6;
  pen.fill();
  pen.stroke();
  pen.fillStyle = colour.sel;
  pen.font = '600 12px "Inter",sans-serif';
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.direction = 'ltr';
  pen.fillText(name, x, y + 0.5);
  pen.textBaseline = 'alphabetic';
}

function ring(pen: Pen, x: number, y: number): void {
  for (const [ink, wide] of [[colours().halo, 5], [colours().sel, 2]] as const) {
    pen.beginPath();
    pen.arc(x, y, 7, 0, 2 * Math.PI);
    pen.strokeStyle = ink;
    pen.lineWidth = wide;
    pen.stroke();
  }
}

/** What blocks a view: a peak, so wide to either side, from so far below its place to so far above. */
export function peak(pen: Pen, x: number, y: number, [half, below, above]: readonly [number, number, number] = [7, 5, 7], line = 1.8): void {
  pen.beginPath();
  pen.moveTo(x - half, y + below);
  pen.lineTo(x, y - above);
  pen.lineTo(x + half, y + below);
  pen.closePath();
  pen.fillStyle = colours()['bg-0'];
  pen.strokeStyle = colours().sel;
  pen.lineWidth = line;
  pen.fill();
  pen.stroke();
}

function cross(pen: Pen, x: number, y: number): void {
  for (const [ink, wide] of [[colours().halo, 5], [colours().sel, 1.8]] as const) {
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
      pen.moveTo(x + 4 * dx, y + 4 * dy);
      pen.lineTo(x + 15 * dx, y + 15 * dy);
    }
    pen.strokeStyle = ink;
    pen.lineWidth = wide;
    pen.stroke();
  }
}

