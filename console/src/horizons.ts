/**
 * Where the ground's skyline runs through each camera's pictures, asked for once: a camera that was knocked aside
 * shows it at a glance, since the line then lies beside the ridge.
 */

import { changed } from './store.ts';

export interface Horizon {
  width: number;
  height: number;
  /** For each stop of the head the pieces of the line, in pixels of width x height. */
  stops: [number, number][][][];
}

const known = new Map<string, Horizon | null>();

/** The skyline of a camera at a stop of its head as paths of SVG in its pixels; none until it is known. */
export function horizonOf(sensor: string, stop: number): { horizon: Horizon; pieces: [number, number][][] } | null {
  if (!known.has(sensor)) void ask(sensor);
  const horizon = known.get(sensor) ?? null;
  const pieces = horizon?.stops[stop];
  return horizon === null || pieces === undefined || pieces.length === 0 ? null : { horizon, pieces };
}

/** The same for a film, of which nobody kept the stop: only of a camera that does not turn. */
export function horizonOfFilm(sensor: string): { horizon: Horizon; pieces: [number, number][][] } | null {
  const found = horizonOf(sensor, 0);
  return found !== null && found.horizon.stops.length === 1 ? found : null;
}

async function ask(sensor: string): Promise<void> {
  known.set(sensor, null);
  try {
    const answer = await fetch(`api/horizons/${encodeURIComponent(sensor)}`);
    if (answer.ok) known.set(sensor, (await answer.json()) as Horizon);
    else if (answer.status !== 403 && answer.status !== 404) known.delete(sensor);
  } catch {
    known.delete(sensor); // asked again with the next picture
  }
  changed('wall');
}
