/** The line over time as the server tells it: which span the operator looks at, and the rows of it. */

import { nowS, on, store } from '../store.ts';

/** Ten minutes to a month; a row is a 120th of each. */
export const SPANS_S = [600, 3600, 21_600, 86_400, 604_800, 2_592_000] as const;
const ROWS = 120;
/** Asked for again this often while the newest rows are on the screen. */
const AGAIN_MS = 10_000;
/** Short spans leave room below now for what is expected. */
const AHEAD = 0.2;
const AHEAD_UP_TO_S = 21_600;

export interface Trail {
  id: string;
  /** 1 ours or a partner's, 2 known activity or an animal, 0 neither. */
  party: number;
  /** Time (s), chainage and offset (m). */
  points: [number, number, number][];
}

export interface Rows {
  from_s: number;
  row_s: number;
  begins_s: number | null;
  ends_s: number;
  /** Per row and kilometre, per cent in view; null where it was not known. */
  in_view: (number | null)[][];
  outages: { sensor: string; from_s: number; to_s: number | null; cause: string }[];
  pauses: [number, number][];
  alerts: { id: string; t_s: number; s_m: number; what: string; track_id: number | null }[];
  tracks: Trail[];
  units: Trail[];
}

const view = {
  open: false,
  span_s: SPANS_S[1] as number,
  /** The last moment shown; null while the view follows the clock. */
  end_s: null as number | null,
  rows: null as Rows | null,
  failed: false,
};
const listeners = new Set<() => void>();
let asked = 0;

export function onOverTime(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}

export function overTime(): Readonly<typeof view> {
  return view;
}

export function toggleOverTime(open = !view.open): void {
  // An exercise has no past of its own to look at.
  if (store.hello?.exercise === true || view.open === open) return;
  view.open = open;
  tell();
  if (open) void ask();
}

export function zoomTo(span_s: number): void {
  view.span_s = span_s;
  void ask();
}

/** One span longer (1) or shorter (-1). */
export function zoom(by: 1 | -1): void {
  const at = SPANS_S.findIndex((one) => one === view.span_s) + by;
  const next = SPANS_S[at];
  if (next !== undefined) zoomTo(next);
}

/** A quarter of the span back (-1) or forward (1); forward past now follows the clock again. */
export function move(by: 1 | -1): void {
  const end_s = (view.end_s ?? nowS()) + (by * view.span_s) / 4;
  view.end_s = end_s >= nowS() ? null : end_s;
  void ask();
}

/** Shows a moment, with a quarter of the span after it; resolves when its rows are there. */
export function showUntil(t_s: number): Promise<void> {
  const end_s = t_s + view.span_s / 4;
  view.end_s = end_s >= nowS() ? null : end_s;
  return ask();
}

export function rowsHold(t_s: number): boolean {
  const { rows } = view;
  return rows !== null && t_s >= rows.from_s && t_s <= rows.ends_s;
}

export function toNow(): void {
  view.end_s = null;
  void ask();
}

/** First and last moment of the drawing; with room for what is expected where it follows the clock. */
export function shownSpan(): [number, number] {
  const end_s = view.end_s ?? nowS();
  const ahead = view.end_s === null && view.span_s <= AHEAD_UP_TO_S ? AHEAD * view.span_s : 0;
  return [end_s - view.span_s + ahead, end_s + ahead];
}

async function ask(): Promise<void> {
  const mine = ++asked;
  tell();
  const row_s = view.span_s / ROWS;
  // Rows begin at whole multiples, so that they stand still while the view follows the clock.
  const from_s = Math.floor(shownSpan()[0] / row_s) * row_s;
  try {
    const answer = await fetch(`api/over-time?from_s=${from_s}&row_s=${row_s}&rows=${ROWS + 1}`);
    if (mine !== asked) return;
    view.failed = !answer.ok;
    if (answer.ok) view.rows = (await answer.json()) as Rows;
  } catch {
    view.failed = true;
  }
  if (mine === asked) tell();
}

setInterval(() => {
  if (view.open && view.end_s === null && !document.hidden && store.link.state === 'online') void ask();
}, AGAIN_MS);
on('link', () => {
  if (view.open && store.link.state === 'online') void ask();
});
