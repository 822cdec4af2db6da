/** How a track looks and what is written beside it; the same on strip and map. */

import { colours } from './canvas.ts';
import { store } from './store.ts';
import { codeText, ltrText } from './strings.ts';
import { FLAG, QUATREFOIL, shape } from './symbols.ts';
import { hourMinute } from './times.ts';
import { TRACK_CLASS, type Tracks } from './wire.ts';

const SQUARE = 'M-6 -6H6V6H-6Z';
const RECTANGLE = 'M-9 -5.5H9V5.5H-9Z';

export interface PartyStyle {
  path: string;
  stroke: string;
  fill: string;
}

export function partyStyle(state: number): PartyStyle {
  const colour = colours();
  if (state === 1) return { path: RECTANGLE, stroke: colour.own, fill: colour['ink-own'] };
  if (state === 2) return { path: SQUARE, stroke: colour.neu, fill: colour['ink-neu'] };
  return { path: QUATREFOIL, stroke: colour.unk, fill: colour['ink-unk'] };
}

/** Indices, most important first: selected, under an alert, soonest at the line, surest. */
export function trackPriority(tracks: Tracks): number[] {
  const alerted = new Set<number>();
  for (const alert of store.alerts.values()) if (alert.track_id !== null && alert.state !== 'closed') alerted.add(alert.track_id);
  const weight = (i: number): number => {
    const id = tracks.id[i]!;
    if (id === store.selection.trackId) return 0;
    if (alerted.has(id)) return 1;
    const eta = tracks.eta_s[i]!;
    if (Number.isFinite(eta) && tracks.state[i] === 0) return 2 + Math.min(1, eta / 36_000);
    return 4 - tracks.p_exist[i]!;
  };
  return Array.from({ length: tracks.n }, (_, i) => i)
    .map((i) => [weight(i), i] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map(([, i]) => i);
}

/** "2291 ×2" and "03:30"; animals and vehicles say so, because the frame does not, and their number then bears a mark. */
export function trackWords(i: number): { name: string; time: string } {
  const { tracks } = store;
  const count = Math.round(tracks.count[i]!);
  const kind = TRACK_CLASS[tracks.class[i]!] ?? 'unknown';
  const number = count > 1 ? `${tracks.id[i]} ×${count}` : String(tracks.id[i]);
  // "2 vehicle" would read as two of them.
  const name = kind === 'animal' || kind === 'vehicle' ? `${codeText('class', kind)} ${ltrText(`#${number}`)}` : ltrText(number);
  const eta = tracks.eta_s[i]!;
  return { name, time: Number.isFinite(eta) ? hourMinute(tracks.t_s + eta) : '' };
}

/** Tracks under an alert that nobody has taken: these carry the flag. */
export function flagged(): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const alert of store.alerts.values()) if (alert.track_id !== null && alert.state === 'open') ids.add(alert.track_id);
  return ids;
}

/** The triangle whose tip is where and when a track is expected at the line; in the pen's own colour. */
export function drawCrossing(pen: CanvasRenderingContext2D, x: number, y: number): void {
  pen.beginPath();
  pen.moveTo(x - 4.5, y - 8);
  pen.lineTo(x + 4.5, y - 8);
  pen.lineTo(x, y);
  pen.fill();
}

export function drawFlag(pen: CanvasRenderingContext2D, x: number, y: number): void {
  pen.save();
  pen.translate(x, y - 8);
  pen.scale(0.85, 0.85);
  pen.setLineDash([]);
  pen.lineWidth = 1.8;
  pen.strokeStyle = pen.fillStyle = colours().need;
  pen.fill(shape(FLAG));
  pen.stroke(shape(FLAG));
  pen.restore();
}
