/** Where each track is at this instant: the last estimate carried on along its velocity, never far. */

import { homeSide, lineAt, degreesPerMetre } from './geo.ts';
import { clockSpeed, nowS, on, store } from './store.ts';
import { timed, timeLeft } from './turns.ts';
import type { Tracks } from './wire.ts';

/** Beyond this many seconds of our own time without news the symbols stand still: a guess must not look like data. */
const LONGEST_CARRY_S = 4;
const TAIL_STEP_S = 10;
const TAIL_POINTS = 60;

export const stillness = matchMedia('(prefers-reduced-motion: reduce)');

export interface Now {
  n: number;
  lon: Float64Array;
  lat: Float64Array;
  s_m: Float64Array;
  d_m: Float64Array;
}

export interface TailPoint {
  t_s: number;
  lon: number;
  lat: number;
  s_m: number;
  d_m: number;
}

/** Where every living track has been since this screen was opened; bounded, and forgotten with the track. */
export const tails = new Map<number, TailPoint[]>();

/** Of every track, by its place in the message: metres a second along the line and to home; degrees a second. */
let along = new Float32Array(0);
let toHome = new Float32Array(0);
let east = new Float64Array(0);
let north = new Float64Array(0);
/** The fastest of all, m/s: nothing has to be drawn anew before it has moved by half a pixel. */
let fastest_m_s = 0;
let index = new Map<number, number>();
let side: 1 | -1 | null = null;
const firstSeen = new Map<number, [number, number]>();

on('tracks', () => {
  const { site, tracks } = store;
  if (site === null) return;
  side ??= homeSide(site);
  const { n } = tracks;
  if (along.length < n) {
    [along, toHome, east, north] = [new Float32Array(2 * n), new Float32Array(2 * n), new Float64Array(2 * n), new Float64Array(2 * n)];
    for (const column of ['lon', 'lat', 's_m', 'd_m'] as const) now[column] = new Float64Array(2 * n);
  }
  index = new Map();
  fastest_m_s = 0;
  for (let i = 0; i < n; i++) {
    const { bearing_rad } = lineAt(site, tracks.s_m[i]!);
    const [sin, cos] = [Math.sin(bearing_rad), Math.cos(bearing_rad)];
    const ve = tracks.ve_m_s[i]!;
    const vn = tracks.vn_m_s[i]!;
    const [perEast, perNorth] = degreesPerMetre(tracks.lat[i]!);
    along[i] = ve * sin + vn * cos;
    toHome[i] = side * (ve * cos - vn * sin);
    east[i] = ve * perEast;
    north[i] = vn * perNorth;
    fastest_m_s = Math.max(fastest_m_s, Math.hypot(ve, vn));
    index.set(tracks.id[i]!, i);
  }
  keepTails(tracks);
  carried_s = NaN;
});

/** Where a track stands in the message; undefined when it is not held. */
export function indexOf(id: number): number | undefined {
  return index.get(id);
}

export function carrySeconds(tracks: Tracks = store.tracks): number {
  if (stillness.matches) return 0;
  return Math.min(Math.max(0, nowS() - tracks.t_s), LONGEST_CARRY_S * Math.max(1, clockSpeed()));
}

const now: Now = { n: 0, lon: new Float64Array(0), lat: new Float64Array(0), s_m: new Float64Array(0), d_m: new Float64Array(0) };
let carried_s = NaN;

/** One set of places for every part that draws, reckoned once a moment; valid until the next call. */
export function tracksNow(): Now {
  const { tracks } = store;
  const dt = carrySeconds(tracks);
  if (dt === carried_s) return now;
  carried_s = dt;
  now.n = Math.min(tracks.n, along.length);
  for (let i = 0; i < now.n; i++) {
    now.lon[i] = tracks.lon[i]! + dt * east[i]!;
    now.lat[i] = tracks.lat[i]! + dt * north[i]!;
    now.s_m[i] = tracks.s_m[i]! + dt * along[i]!;
    now.d_m[i] = tracks.d_m[i]! + dt * toHome[i]!;
  }
  return now;
}

/** How many tracks have visibly moved (over a metre) since they first appeared here; for tests of the screen. */
export function movedCount(): number {
  const now = tracksNow();
  let count = 0;
  for (let i = 0; i < now.n; i++) {
    const first = firstSeen.get(store.tracks.id[i]!);
    if (first === undefined) continue;
    const metres = Math.hypot((now.lon[i]! - first[0]) * 90_000, (now.lat[i]! - first[1]) * 111_000);
    if (metres > 1) count++;
  }
  return count;
}

function keepTails(tracks: Tracks): void {
  for (let i = 0; i < tracks.n; i++) {
    const id = tracks.id[i]!;
    if (!firstSeen.has(id)) firstSeen.set(id, [tracks.lon[i]!, tracks.lat[i]!]);
    let tail = tails.get(id);
    if (tail === undefined) tails.set(id, (tail = []));
    const last = tail.at(-1);
    // Each at a moment of its own: five thousand at once would be felt.
    const turnOf = (t_s: number): number => Math.floor((t_s + (id % TAIL_STEP_S)) / TAIL_STEP_S);
    if (last !== undefined && turnOf(tracks.t_s) === turnOf(last.t_s)) continue;
    tail.push({ t_s: tracks.t_s, lon: tracks.lon[i]!, lat: tracks.lat[i]!, s_m: tracks.s_m[i]!, d_m: tracks.d_m[i]! });
    if (tail.length > TAIL_POINTS) tail.shift();
  }
  for (const id of tails.keys()) if (!index.has(id)) tails.delete(id);
  for (const id of firstSeen.keys()) if (!index.has(id)) firstSeen.delete(id);
}

/** The server's longer memory of one track, put in front of ours. */
export function lengthenTail(id: number, points: [number, number, number, number, number][]): void {
  const own = tails.get(id) ?? [];
  const from = own[0]?.t_s ?? Infinity;
  const older = points
    .filter(([t_s]) => t_s < from)
    .map(([t_s, lon, lat, s_m, d_m]) => ({ t_s, lon, lat, s_m, d_m }));
  tails.set(id, [...thin(older), ...own]);
}

function thin(points: TailPoint[]): TailPoint[] {
  const kept: TailPoint[] = [];
  for (const point of points) {
    const last = kept.at(-1);
    if (last === undefined || point.t_s - last.t_s >= TAIL_STEP_S) kept.push(point);
  }
  return kept.slice(-180);
}

/* ---- one clock for everything that moves ---- */

const FRAME_MS = 66; // 15 a second is smooth for walkers and leaves the processor to the video
const HALF_PIXEL = 0.5;

interface Painter {
  paint: () => void;
  metresPerPixel: () => number;
  /** Something it shows has changed, not only moved on. */
  due: boolean;
  at_s: number;
}
const painters = new Set<Painter>();

/** Paints when what is shown has changed, or when the fastest track has moved by half a pixel. */
export function onFrame(paint: () => void, metresPerPixel: () => number): () => void {
  const painter = { paint, metresPerPixel, due: true, at_s: -Infinity };
  painters.add(painter);
  return () => painters.delete(painter);
}

/** How many parts are painted anew as things move; for tests of the screen. */
export function paintedParts(): number {
  return painters.size;
}

function moved(painter: Painter): boolean {
  return Math.abs(nowS() - painter.at_s) * fastest_m_s >= HALF_PIXEL * painter.metresPerPixel();
}

export function startFrames(): void {
  let last = 0;
  const step = (at: number): void => {
    requestAnimationFrame(step);
    const still = at - last < (stillness.matches ? 1000 : FRAME_MS);
    for (const painter of painters) {
      // What has changed is shown in the next frame; what has only moved may wait for its pace. One part at a time.
      if (!painter.due && (still || store.tracks.n === 0 || !moved(painter))) continue;
      if (!timeLeft()) break;
      last = at;
      painter.due = false;
      painter.at_s = nowS();
      painters.delete(painter);
      painters.add(painter); // to the end of the row
      timed(painter.paint);
      break;
    }
  };
  requestAnimationFrame(step);
  on(['tracks', 'picture', 'selection', 'alerts', 'window', 'site', 'link', 'layers', 'respond'], () => {
    for (const painter of painters) painter.due = true;
  });
}
