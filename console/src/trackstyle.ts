/** How a track looks and what is written beside it; the same on strip and map. */

import { colours } from './canvas.ts';
import { on, raised, store } from './store.ts';
import { codeText, ltrText } from './strings.ts';
import { FLAG, QUATREFOIL, shape } from './symbols.ts';
import { hourMinute } from './times.ts';
import { TRACK_CLASS } from './wire.ts';

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

/** As many tracks have a tail and a name of their own; the rest are a crowd of signs, which is all that can be read of them. */
export const NAMED_MOST = 60;

let weights = new Float64Array(0);
let weighed = false;
let open: ReadonlySet<number> = new Set();
on(['tracks', 'alerts', 'selection'], () => (weighed = false));

/** Selected, under an alert, soonest at the line, surest: less is more important; no two are alike. */
function weigh(): void {
  if (weighed) return;
  weighed = true;
  const { tracks, selection } = store;
  const under = new Map<number, boolean>();
  for (const alert of store.alerts.values()) {
    if (alert.track_id !== null && alert.state !== 'closed' && raised(alert)) under.set(alert.track_id, alert.state === 'open' || under.get(alert.track_id) === true);
  }
  open = new Set([...under].filter(([, is]) => is).map(([id]) => id));
  if (weights.length < tracks.n) weights = new Float64Array(2 * tracks.n);
  for (let i = 0; i < tracks.n; i++) {
    const id = tracks.id[i]!;
    const eta = tracks.eta_s[i]!;
    const soon = Number.isFinite(eta) ? Math.min(1, eta / 36_000) : 1;
    const by = id === selection.trackId ? 0 : under.has(id) ? 1 + soon / 2 : Number.isFinite(eta) && tracks.state[i] === 0 ? 2 + soon : 4 - tracks.p_exist[i]!;
    weights[i] = by + i * 1e-9;
  }
}

/** The most important of these tracks, in that order; all of them where they are no more than `most`. */
export function foremost(among: readonly number[], most = NAMED_MOST): number[] {
  weigh();
  let chosen = among;
  if (among.length > most) {
    const bar = Float64Array.from(among, (i) => weights[i]!).sort()[most - 1]!;
    chosen = among.filter((i) => weights[i]! <= bar);
  }
  return [...chosen].sort((a, b) => weights[a]! - weights[b]!);
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
  weigh();
  return open;
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
