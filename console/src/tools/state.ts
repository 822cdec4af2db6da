/**
 * The tools of the map: measure, line of sight, horizon. Which one is open, its points, and what the ground answered.
 *
 * Rules: one tool at a time; every figure comes from the server; a tool changes nothing but itself, and ends by Esc.
 */

import { changed, store } from '../store.ts';

export type Tool = 'measure' | 'sight' | 'horizon';
export const TOOLS: readonly Tool[] = ['measure', 'sight', 'horizon'];
export type LonLat = [number, number];

export interface Point {
  lon: number;
  lat: number;
  mgrs: string;
  height_m: number | null;
}

export interface Leg {
  distance_m: number;
  bearing_deg: number;
  grid_bearing_deg: number;
  zone: number;
  rise_m: number | null;
}

export interface Measured {
  points: Point[];
  legs: Leg[];
  distance_m: number;
  rise_m: number | null;
  area_m2: number | null;
}

type Row = (number | null)[];

export interface Sight {
  answer: 'seen' | 'hidden' | 'unknown' | 'no_ground' | 'too_near';
  points: [Point, Point];
  leg: Leg;
  eye_m: number;
  subject_m: number;
  need_m: number | null;
  blocker_m: number | null;
  p_visible: number | null;
  sd_m: number | null;
  elevation_sd_m: number;
  refraction_k: number;
  cell_m: number;
  profile: { distance_m: Row; ground_m: Row; drop_m: Row; need_m: Row };
}

export interface Horizon {
  answer: 'drawn' | 'no_ground';
  point: Point;
  eye_m: number;
  elevation_deg: Row;
  range_m: Row;
  height_m: Row;
  lon: Row;
  lat: Row;
}

/** at: where the pointer or the keyboard's cross is; mark: a place on the profile (share of it) or a bearing, degrees. */
export const tool = {
  open: null as Tool | null,
  points: [] as LonLat[],
  at: null as LonLat | null,
  byKey: false,
  eye_m: 1.7,
  subject_m: 1.7,
  mark: null as number | null,
  measured: null as Measured | null,
  sight: null as Sight | null,
  horizon: null as Horizon | null,
  failed: false,
};

/** What the tools must know of the map; set by the map. */
export interface OnMap {
  centre: () => LonLat;
  moved: (at: LonLat, dx: number, dy: number) => LonLat;
}
let onMap: OnMap | null = null;

export function setOnMap(map: OnMap): void {
  onMap = map;
}

export function openTool(which: Tool): void {
  if (tool.open === which) return endTool();
  Object.assign(tool, { open: which, points: [], mark: null, measured: null, sight: null, horizon: null, failed: false, at: onMap?.centre() ?? null, byKey: true });
  changed('tool');
}

export function endTool(): void {
  Object.assign(tool, { open: null, points: [], at: null, measured: null, sight: null, horizon: null });
  changed('tool');
}

export function point(at: LonLat): void {
  Object.assign(tool, { at, byKey: false });
  changed('tool');
}

/** Moves the keyboard's cross by pixels; the map follows when it would leave it. */
export function step(dx: number, dy: number): void {
  if (onMap === null) return;
  Object.assign(tool, { at: onMap.moved(tool.at ?? onMap.centre(), dx, dy), byKey: true });
  changed('tool');
}

const MOST: Record<Tool, number> = { measure: 200, sight: 2, horizon: 1 };

/** Sets a point; the last one is replaced where there is no room for more. */
export function setPoint(at: LonLat): void {
  if (tool.open === null) return;
  tool.points = [...tool.points.slice(0, MOST[tool.open] - 1), at];
  tool.mark = null;
  ask();
}

export function takeBack(): void {
  tool.points = tool.points.slice(0, -1);
  ask();
}

/** Who looked is looked at: the two ends change places, the heights too. */
export function turnRound(): void {
  tool.points = [...tool.points].reverse();
  [tool.eye_m, tool.subject_m] = [tool.subject_m, tool.eye_m];
  ask();
}

export function setHeight(which: 'eye_m' | 'subject_m', value: number): void {
  if (!Number.isFinite(value) || value < 0 || value > 10_000) return;
  tool[which] = value;
  ask();
}

/** The tower nearest to a point, with the height of its highest eye. */
export function nearestTower(at: LonLat): { lon: number; lat: number; name: string; mast_m: number } | null {
  const shrink = Math.cos((at[1] * Math.PI) / 180);
  const far = (one: { lon: number; lat: number }): number => Math.hypot((one.lon - at[0]) * shrink, one.lat - at[1]);
  const eyes = (store.site?.sensors ?? []).filter((one) => one.kind === 'thermal_camera' || one.kind === 'radar');
  const best = [...eyes].sort((a, b) => far(a) - far(b) || b.mast_m - a.mast_m)[0];
  return best === undefined ? null : { lon: best.lon, lat: best.lat, name: best.post ?? best.id, mast_m: best.mast_m };
}

/** Sets the first point on the nearest tower, at its height. */
export function fromTower(): void {
  const tower = nearestTower(tool.points[0] ?? tool.at ?? onMap?.centre() ?? [0, 0]);
  if (tower === null) return;
  tool.eye_m = tower.mast_m;
  tool.points = [[tower.lon, tower.lat], ...tool.points.slice(1)];
  tool.mark = null;
  ask();
}

export function setMark(value: number | null): void {
  tool.mark = value;
  changed('tool');
}

let turn = 0;

/** Asks the ground about the points as they are; an answer that was overtaken is dropped. */
function ask(): void {
  const { open, points } = tool;
  const mine = ++turn;
  Object.assign(tool, { failed: false, ...(points.length === 0 ? { measured: null, sight: null, horizon: null } : {}), ...(points.length < 2 ? { sight: null } : {}) });
  changed('tool');
  if (open === null || points.length === 0 || (open === 'sight' && points.length < 2)) return;
  const query = new URLSearchParams({ way: points.map(([lon, lat]) => `${lon.toFixed(7)},${lat.toFixed(7)}`).join(';') });
  if (open !== 'measure') query.set('eye_m', String(tool.eye_m));
  if (open === 'sight') query.set('subject_m', String(tool.subject_m));
  void fetch(`api/ground/${open}?${query}`)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
    .then(
      (told: unknown) => answered(mine, open, told),
      () => answered(mine, open, null),
    );
}

function answered(mine: number, asked: Tool, told: unknown): void {
  if (mine !== turn || tool.open !== asked) return;
  tool.failed = told === null;
  if (asked === 'measure') tool.measured = told as Measured | null;
  else if (asked === 'sight') tool.sight = told as Sight | null;
  else {
    tool.horizon = told as Horizon | null;
    tool.mark ??= 0;
  }
  changed('tool');
}

/** Whether a point of a profile is hidden: null where it is not known. */
export function hiddenAt(sight: Sight, k: number): boolean | null {
  const need = sight.profile.need_m[k] ?? null;
  return need === null ? null : need > sight.subject_m;
}
