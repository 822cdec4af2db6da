/**
 * Which cameras the wall shows: those that were pinned, then those whose range reaches the selected alert, nearest
 * first, then the nearest others, which say that they do not reach it.
 *
 * Rules: only the newest picture counts: a camera is asked again once its last answer came, and never two at a time, so
 * a slow screen has fewer pictures and no queue.  One camera alone moves, many stand.  A picture older than STALE_S says
 * since when it stands.  What was pinned, and how many are shown, is kept on this screen.
 */

import { changed, selectedAlert, store } from '../store.ts';
import type { Sensor } from '../types.ts';

export const SIDES = [1, 2, 3] as const;
export const STALE_S = 5;
const EVERY_MS = { 1: 200, 2: 500, 3: 1000 } as const;
const MEMORY = 'watchline.wall';
const PATIENCE_MS = 8000;

export interface Still {
  t_s: number;
  width: number;
  height: number;
  boxes: [number, number, number, number][];
  stop: number;
  dark: boolean;
  jpeg: string;
}

/** What is known of a camera's picture: the newest, or why there is none. */
export interface Seen {
  still: Still | null;
  why: string;
}

const kept = remembered();
const wall = { open: false, side: kept.side, pinned: new Set(kept.pinned), seen: new Map<string, Seen>(), chosen: 0 };
const asking = new Set<string>();
let beat: ReturnType<typeof setInterval> | undefined;

export function theWall(): Readonly<typeof wall> {
  return wall;
}

export function toggleWall(open = !wall.open): void {
  if (wall.open === open) return;
  wall.open = open;
  clearInterval(beat);
  if (open) {
    goOn();
  } else {
    wall.seen.clear();
  }
  changed('wall');
}

export function setSide(side: (typeof SIDES)[number]): void {
  wall.side = side;
  remember();
  choose(0);
  goOn();
}

/** Show one camera alone, at the pace of a film. */
export function alone(id: string): void {
  wall.pinned = new Set([id, ...[...wall.pinned].filter((one) => one !== id)]);
  wall.chosen = 0;
  setSide(1);
}

function goOn(): void {
  clearInterval(beat);
  if (!wall.open) return;
  beat = setInterval(askAll, EVERY_MS[wall.side]);
  askAll();
}

/** Go to another of the pictures shown; pinning acts on it. */
export function choose(by: number): void {
  const n = shown().length;
  wall.chosen = n === 0 ? 0 : (Math.min(wall.chosen, n - 1) + by + n) % n;
  changed('wall');
}

export function togglePin(id: string): void {
  if (!wall.pinned.delete(id)) wall.pinned.add(id);
  remember();
  changed('wall');
}

function remember(): void {
  localStorage.setItem(MEMORY, JSON.stringify({ side: wall.side, pinned: [...wall.pinned] }));
}

function remembered(): { side: (typeof SIDES)[number]; pinned: string[] } {
  let told: { side?: unknown; pinned?: unknown } = {};
  try {
    told = JSON.parse(localStorage.getItem(MEMORY) ?? '{}') as typeof told;
  } catch {
    // A broken memory is the same as none.
  }
  const pinned = Array.isArray(told.pinned) ? told.pinned.filter((one): one is string => typeof one === 'string') : [];
  return { side: SIDES.find((one) => one === told.side) ?? 2, pinned };
}

/** The cameras on the wall now, in order. */
export function shown(): Sensor[] {
  const { site } = store;
  if (site === null) return [];
  const filming = site.sensors.filter((one) => one.pictures);
  const at = place();
  const near = [...filming].sort((a, b) => away(a, at) - away(b, at));
  const pinned = [...wall.pinned].flatMap((id) => near.filter((one) => one.id === id));
  return [...pinned, ...near.filter((one) => !wall.pinned.has(one.id))].slice(0, wall.side ** 2);
}

/** Whether a camera's range reaches what is selected; without a selection there is nothing to reach. */
export function reaches(sensor: Sensor): boolean {
  return selectedAlert() === null || away(sensor, place()) < 1e6;
}

/** Where the selected alert is, along the line and across it; the middle of the line without one. */
function place(): { s_m: number; d_m: number } {
  const alert = selectedAlert();
  if (alert !== null) return { s_m: alert.s_m, d_m: alert.d_m };
  return { s_m: (store.site?.length_m ?? 0) / 2, d_m: 0 };
}

function away(sensor: Sensor, at: { s_m: number; d_m: number }): number {
  const distance_m = Math.hypot(sensor.s_m - at.s_m, sensor.d_m - at.d_m);
  return distance_m <= sensor.range_m ? distance_m : 1e6 + distance_m;
}

function askAll(): void {
  if (!wall.open) return;
  changed('wall'); // so that what stands still says so, also while the link is away
  if (store.link.state === 'online') for (const sensor of shown()) void ask(sensor.id);
}

async function ask(id: string): Promise<void> {
  if (asking.has(id)) return;
  asking.add(id);
  try {
    const answer = await fetch(`api/stills/${encodeURIComponent(id)}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 403 || answer.status === 404) {
      wall.seen.set(id, { still: null, why: 'not_shown' });
      return;
    }
    if (!answer.ok) return; // as if it had not come
    const told = (await answer.json()) as Still | { why: string };
    const last = wall.seen.get(id)?.still ?? null;
    if ('why' in told) wall.seen.set(id, { still: told.why === 'coming' ? last : null, why: told.why });
    else if (last === null || told.t_s >= last.t_s) wall.seen.set(id, { still: told, why: '' });
  } catch {
    // What was seen last stays and grows old: the picture says since when.
  } finally {
    asking.delete(id);
    if (wall.open) changed('wall');
  }
}
