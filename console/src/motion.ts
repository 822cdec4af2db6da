/** Where each track is at this instant: the last estimate carried on along its velocity, never far. */

import { homeSide, lineAt, degreesPerMetre } from './geo.ts';
import { clockSpeed, nowS, on, store } from './store.ts';
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

let along = new Float32Array(0);
let toHome = new Float32Array(0);
let side: 1 | -1 | null = null;
let firstSeen = new Map<number, [number, number]>();

on('tracks', () => {
  const { site, tracks } = store;
  if (site === null) return;
  side ??= homeSide(site);
  along = new Float32Array(tracks.n);
  toHome = new Float32Array(tracks.n);
  for (let i = 0; i < tracks.n; i++) {
    const { bearing_rad } = lineAt(site, tracks.s_m[i]!);
    const ve = tracks.ve_m_s[i]!;
    const vn = tracks.vn_m_s[i]!;
    along[i] = ve * Math.sin(bearing_rad) + vn * Math.cos(bearing_rad);
    toHome[i] = side * (ve * Math.cos(bearing_rad) - vn * Math.sin(bearing_rad));
  }
  keepTails(tracks);
});

export function carrySeconds(tracks: Tracks = store.tracks): number {
  if (stillness.matches) return 0;
  return Math.min(Math.max(0, nowS() - tracks.t_s), LONGEST_CARRY_S * Math.max(1, clockSpeed()));
}

export function tracksNow(): Now {
  const { tracks } = store;
  const dt = carrySeconds(tracks);
  const now: Now = {
    n: tracks.n,
    lon: new Float64Array(tracks.n),
    lat: new Float64Array(tracks.n),
    s_m: new Float64Array(tracks.n),
    d_m: new Float64Array(tracks.n),
  };
  for (let i = 0; i < tracks.n; i++) {
    const [east, north] = degreesPerMetre(tracks.lat[i]!);
    now.lon[i] = tracks.lon[i]! + dt * tracks.ve_m_s[i]! * east;
    now.lat[i] = tracks.lat[i]! + dt * tracks.vn_m_s[i]! * north;
    now.s_m[i] = tracks.s_m[i]! + dt * (along[i] ?? 0);
    now.d_m[i] = tracks.d_m[i]! + dt * (toHome[i] ?? 0);
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
  const alive = new Set<number>();
  for (let i = 0; i < tracks.n; i++) {
    const id = tracks.id[i]!;
    alive.add(id);
    if (!firstSeen.has(id)) firstSeen.set(id, [tracks.lon[i]!, tracks.lat[i]!]);
    let tail = tails.get(id);
    if (tail === undefined) tails.set(id, (tail = []));
    const last = tail.at(-1);
    if (last !== undefined && tracks.t_s - last.t_s < TAIL_STEP_S) continue;
    tail.push({ t_s: tracks.t_s, lon: tracks.lon[i]!, lat: tracks.lat[i]!, s_m: tracks.s_m[i]!, d_m: tracks.d_m[i]! });
    if (tail.length > TAIL_POINTS) tail.shift();
  }
  for (const id of tails.keys()) if (!alive.has(id)) tails.delete(id);
  firstSeen = new Map([...firstSeen].filter(([id]) => alive.has(id)));
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
const painters = new Set<() => void>();

export function onFrame(paint: () => void): () => void {
  painters.add(paint);
  return () => painters.delete(paint);
}

/** How many parts are painted anew with every frame; for tests of the screen. */
export function paintedParts(): number {
  return painters.size;
}

export function startFrames(): void {
  let last = 0;
  const step = (at: number): void => {
    requestAnimationFrame(step);
    const pause = stillness.matches ? 1000 : FRAME_MS;
    if (at - last < pause || store.tracks.n === 0) return;
    last = at;
    for (const paint of painters) paint();
  };
  requestAnimationFrame(step);
  on(['tracks', 'picture', 'selection', 'alerts', 'window', 'site', 'link'], () => {
    // With nothing moving the frames stop, so that a change must draw itself.
    if (store.tracks.n === 0 || stillness.matches) for (const paint of painters) paint();
  });
}
