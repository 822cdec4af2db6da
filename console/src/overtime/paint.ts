/** The time view on its canvas: kilometres across as on the strip, time downwards, the strip's own signs. */

import { asksFrom, NOTED, notInView } from '../band.ts';
import { colours, FONT, label, Taken, wiped } from '../canvas.ts';
import { rightToLeft } from '../prefs.ts';
import { nowS, store } from '../store.ts';
import { text } from '../strings.ts';
import { bracket } from '../striptracks.ts';
import { CROSS, FLAG, OCTAGON, shape, X_MARK } from '../symbols.ts';
import { dayMonth, hourMinute } from '../times.ts';
import { drawCrossing, partyStyle, trackWords } from '../trackstyle.ts';
import { kilometreStep, type Along } from '../strip.ts';
import type { Site } from '../types.ts';
import { overTime, shownSpan, type Rows, type Trail } from './rows.ts';

/** Everything the drawing needs to place a thing. */
export interface Chart extends Along {
  width: number;
  top: number;
  bottom: number;
  y: (t_s: number) => number;
  t: (y: number) => number;
}

export interface Hit {
  x: number;
  y: number;
  alert: string | null;
  track: number | null;
}

const STEPS_S = [60, 300, 900, 3600, 10_800, 21_600, 86_400, 432_000];
const DAY_S = 86_400;
const TICK_GAP = 34;
/** An outage shorter than this on the screen has no name of its own. */
const LONG_PX = 24;
/** A trail is broken where a row is missing: nobody knows what lay between. */
const MISSING_ROWS = 2.5;

export function chartFor(along: Along, width: number, height: number): Chart {
  const [from_s, to_s] = shownSpan();
  const top = 70;
  const bottom = height - 30;
  const k = (bottom - top) / (to_s - from_s);
  return { ...along, width, top, bottom, y: (t_s) => top + k * (t_s - from_s), t: (y) => from_s + (y - top) / k };
}

export function paintOverTime(canvas: HTMLCanvasElement, chart: Chart, site: Site): Hit[] {
  const pen = wiped(canvas, chart.width, chart.bottom + 30);
  const { rows } = overTime();
  if (pen === null) return [];
  const hits: Hit[] = [];
  const taken = new Taken([], { x: chart.x0, y: chart.top, w: chart.x1 - chart.x0, h: chart.bottom - chart.top });
  pen.save();
  pen.beginPath();
  pen.rect(Math.min(chart.x0, chart.x1), chart.top, Math.abs(chart.x1 - chart.x0), chart.bottom - chart.top);
  pen.clip();
  if (rows !== null) {
    cells(pen, chart, rows, site);
    grid(pen, chart, site);
    outages(pen, chart, rows, taken);
    for (const unit of rows.units) trail(pen, chart, rows, unit, hits, taken);
    for (const track of rows.tracks) trail(pen, chart, rows, track, hits, taken);
    expected(pen, chart, taken);
    alerts(pen, chart, rows, hits, taken);
  }
  now(pen, chart);
  theMoment(pen, chart);
  pen.restore();
  axes(pen, chart, site);
  return hits;
}

/** A bar per row and kilometre, as wide as the share that was not in view; hatched where it was not known. */
function cells(pen: CanvasRenderingContext2D, chart: Chart, rows: Rows, site: Site): void {
  const colour = colours();
  const hatch = hatching(pen);
  const end = Math.min(rows.ends_s, nowS());
  const bare = (from_y: number, to_y: number): void => {
    pen.fillStyle = colour['bg-1'];
    pen.fillRect(chart.x0, from_y, chart.x1 - chart.x0, to_y - from_y);
  };
  // What no row speaks of is not known either: only what is to come is bare.
  pen.fillStyle = hatch;
  pen.globalAlpha = 0.8;
  pen.fillRect(chart.x0, chart.top, chart.x1 - chart.x0, chart.bottom - chart.top);
  pen.globalAlpha = 1;
  bare(chart.y(nowS()), chart.bottom);
  rows.in_view.forEach((shares, k) => {
    const from_s = rows.from_s + k * rows.row_s;
    const [y, below] = [chart.y(from_s), chart.y(Math.min(from_s + rows.row_s, end))];
    if (from_s >= end || below < chart.top || y > chart.bottom) return;
    bare(y, below + 0.3);
    const parts = shares.map((one) => (one === null ? null : one / 100));
    const asks = asksFrom(parts);
    parts.forEach((share, km) => {
      if (km * 1000 >= site.length_m - 1) return;
      const missing = notInView(share);
      const [a, b] = [chart.x(1000 * km), chart.x(Math.min(site.length_m, 1000 * (km + 1)))];
      const [left, width] = [Math.min(a, b), Math.abs(b - a)];
      if (missing === null) pen.fillStyle = hatch;
      else if (missing < NOTED) return;
      else pen.fillStyle = missing >= asks ? colour.need : colour.edge;
      // Quieter than on the strip: what moved and what was told lies on top.
      pen.globalAlpha = missing === null ? 0.8 : missing >= asks ? 0.42 : 0.26;
      // Square root, as the strip's band does it.
      pen.fillRect(left, y, missing === null ? width + 0.5 : Math.max(1, (width - 0.8) * Math.sqrt(missing)), below - y + 0.3);
    });
    pen.globalAlpha = 1;
  });
}

let made: CanvasPattern | null = null;
let madeOf = '';

function hatching(pen: CanvasRenderingContext2D): CanvasPattern | string {
  const colour = colours();
  if (made !== null && madeOf === colour.void) return made;
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const ink = tile.getContext('2d')!;
  ink.fillStyle = colour['bg-0'];
  ink.fillRect(0, 0, 6, 6);
  ink.strokeStyle = colour.void;
  ink.lineWidth = 1.1;
  ink.beginPath();
  for (const shift of [-6, 0, 6]) {
    ink.moveTo(shift, 6);
    ink.lineTo(shift + 6, 0);
  }
  ink.stroke();
  made = pen.createPattern(tile, 'repeat');
  madeOf = colour.void;
  return made ?? colour.void;
}

function grid(pen: CanvasRenderingContext2D, chart: Chart, site: Site): void {
  pen.strokeStyle = colours()['ground'];
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.beginPath();
  for (let km = 0; km <= site.length_m / 1000; km += 10) {
    pen.moveTo(chart.x(1000 * km), chart.top);
    pen.lineTo(chart.x(1000 * km), chart.bottom);
  }
  for (const t_s of ticks(chart)) {
    pen.moveTo(chart.x0, chart.y(t_s));
    pen.lineTo(chart.x1, chart.y(t_s));
  }
  pen.stroke();
}

function ticks(chart: Chart): number[] {
  const [from_s, to_s] = [chart.t(chart.top), chart.t(chart.bottom)];
  const least = chart.t(chart.top + TICK_GAP) - from_s;
  const step = STEPS_S.find((one) => one >= least) ?? STEPS_S.at(-1)!;
  const found: number[] = [];
  for (let t_s = Math.ceil(from_s / step) * step; t_s < to_s; t_s += step) found.push(t_s);
  return found;
}

/** A dark sensor: a broken line from when to when, an X where it begins. */
function outages(pen: CanvasRenderingContext2D, chart: Chart, rows: Rows, taken: Taken): void {
  const colour = colours();
  for (const one of rows.outages) {
    const sensor = store.site?.sensors.find((each) => each.id === one.sensor);
    if (sensor === undefined) continue;
    const ranged = sensor.from_km != null && sensor.to_km != null;
    const x = chart.x(ranged ? 500 * (sensor.from_km! + sensor.to_km!) : sensor.s_m);
    const [y, end] = [Math.max(chart.top, chart.y(one.from_s)), Math.min(chart.y(one.to_s ?? nowS()), chart.bottom)];
    if (end < chart.top || y > chart.bottom) continue;
    pen.strokeStyle = colour.t1;
    pen.lineWidth = 1.4;
    pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.moveTo(x, y + 6);
    pen.lineTo(x, end);
    pen.stroke();
    pen.setLineDash([]);
    sign(pen, X_MARK, x, y + 5, colour.t1, null, 0.8);
    if (one.to_s === null || end - y > LONG_PX) label(pen, taken, x, y + 5, 8, [{ text: one.sensor, colour: colour.t2, size: 12 }]);
  }
}

function trail(pen: CanvasRenderingContext2D, chart: Chart, rows: Rows, one: Trail, hits: Hit[], taken: Taken): void {
  const style = partyStyle(one.party);
  const track = rows.tracks.includes(one) ? Number(one.id) : null;
  const chosen = track !== null && store.selection.trackId === track;
  pen.strokeStyle = pen.fillStyle = chosen ? colours().sel : style.stroke;
  pen.globalAlpha = chosen ? 1 : one.party === 0 ? 0.95 : 0.6;
  pen.lineWidth = chosen ? 2.4 : one.party === 0 ? 1.6 : 1.1;
  pen.beginPath();
  let before: [number, number, number] | null = null;
  for (const point of one.points) {
    const [t_s, s_m, d_m] = point;
    const [x, y] = [chart.x(s_m), chart.y(t_s)];
    if (before !== null && t_s - before[0] <= MISSING_ROWS * rows.row_s) pen.lineTo(x, y);
    else {
      pen.moveTo(x - 1.5, y);
      pen.lineTo(x, y);
    }
    if (track !== null) {
      hits.push({ x, y, alert: null, track });
      // Where it crossed: the strip's triangle.
      if (one.party === 0 && before !== null && before[2] < 0 && d_m >= 0) {
        pen.moveTo(x - 5, y - 4);
        pen.lineTo(x + 5, y - 4);
        pen.lineTo(x, y + 4);
        pen.closePath();
        pen.moveTo(x, y);
      }
    }
    before = point;
  }
  pen.stroke();
  pen.globalAlpha = 1;
  // Names for units, and for tracks that are selected or held now: of the many that were, the lines are enough.
  if (before === null || (track !== null && !chosen && (one.party !== 0 || !store.tracks.id.includes(track)))) return;
  label(pen, taken, chart.x(before[1]), chart.y(before[0]), 6, [{ text: one.id, colour: chosen ? colours().sel : style.stroke, size: 12 }]);
}

/** From now on: where tracks of people and vehicles that we do not know are expected at the line, and when. */
function expected(pen: CanvasRenderingContext2D, chart: Chart, taken: Taken): void {
  const { tracks } = store;
  if (store.past_s !== null || overTime().end_s !== null || chart.t(chart.bottom) <= nowS()) return;
  const colour = colours();
  pen.strokeStyle = pen.fillStyle = colour.unk;
  pen.lineWidth = 1.2;
  for (let i = 0; i < tracks.n; i++) {
    const [eta_s, cross_m] = [tracks.eta_s[i]!, tracks.s_cross_m[i]!];
    if (tracks.state[i] !== 0 || !Number.isFinite(eta_s) || !Number.isFinite(cross_m) || tracks.d_m[i]! >= 0) continue;
    const [x, y] = [chart.x(cross_m), chart.y(tracks.t_s + eta_s)];
    pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.moveTo(chart.x(tracks.s_m[i]!), chart.y(tracks.t_s));
    pen.lineTo(x, y);
    pen.stroke();
    pen.setLineDash([]);
    drawCrossing(pen, x, y);
    const said = trackWords(i);
    const lines = [said.name, said.time].map((words) => ({ text: words, colour: colour.unk, size: 12 }));
    label(pen, taken, x, y - 4, 8, lines);
  }
}

function alerts(pen: CanvasRenderingContext2D, chart: Chart, rows: Rows, hits: Hit[], taken: Taken): void {
  const colour = colours();
  for (const one of rows.alerts) {
    const [x, y] = [chart.x(one.s_m), chart.y(one.t_s)];
    const known = store.alerts.get(one.id);
    const open = known !== undefined && known.state === 'open';
    hits.push({ x, y: y - 6, alert: one.id, track: one.track_id });
    if (one.what === 'distress') {
      sign(pen, OCTAGON, x, y, colour.sos, colour.sos, 0.9);
      sign(pen, CROSS, x, y, colour['bg-0'], null, 0.9);
    } else sign(pen, FLAG, x, y, open ? colour.need : colour.t1, open ? colour.need : colour['bg-1'], 0.75);
    taken.boxes.push({ x: x - 6, y: y - 14, w: 14, h: 18 });
    if (store.selection.alertId === one.id) bracket(pen, x, y - 5, 12, colour.sel);
  }
}

function now(pen: CanvasRenderingContext2D, chart: Chart): void {
  const y = chart.y(nowS());
  if (y > chart.bottom) return;
  pen.strokeStyle = colours().t1;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(chart.x0, y);
  pen.lineTo(chart.x1, y);
  pen.stroke();
}

/** The moment that strip and map show: the selection's white, since it is what was chosen. */
function theMoment(pen: CanvasRenderingContext2D, chart: Chart): void {
  if (store.past_s === null) return;
  const y = chart.y(store.past_s);
  pen.strokeStyle = pen.fillStyle = colours().sel;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(chart.x0, y);
  pen.lineTo(chart.x1, y);
  pen.stroke();
  for (const [x, by] of [[Math.min(chart.x0, chart.x1), 1], [Math.max(chart.x0, chart.x1), -1]] as const) {
    pen.beginPath();
    pen.moveTo(x, y - 7);
    pen.lineTo(x + 9 * by, y);
    pen.lineTo(x, y + 7);
    pen.fill();
  }
}

function axes(pen: CanvasRenderingContext2D, chart: Chart, site: Site): void {
  const colour = colours();
  const right = rightToLeft();
  const x = right ? Math.max(chart.x0, chart.x1) + 8 : Math.min(chart.x0, chart.x1) - 8;
  pen.textBaseline = 'middle';
  pen.direction = 'ltr';
  pen.textAlign = right ? 'left' : 'right';
  const write = (words: string, at: number, ink: string, weight = 400): void => {
    pen.font = `${weight} 13px ${FONT}`;
    pen.fillStyle = ink;
    pen.fillText(words, x, at);
  };
  const y = chart.y(nowS());
  const days = chart.t(chart.bottom) - chart.t(chart.top) >= DAY_S;
  for (const t_s of ticks(chart)) {
    if (Math.abs(chart.y(t_s) - y) < 14) continue;
    write(days ? `${dayMonth(t_s)} ${hourMinute(t_s)}` : hourMinute(t_s), chart.y(t_s), colour.t3);
  }
  if (y >= chart.top && y <= chart.bottom) write(hourMinute(nowS()), y, colour.t1, 600);
  if (store.past_s !== null) write(hourMinute(store.past_s), chart.y(store.past_s), colour.sel, 700);
  pen.textAlign = 'center';
  pen.textBaseline = 'alphabetic';
  pen.font = `400 13px ${FONT}`;
  pen.fillStyle = colour.t2;
  const step = kilometreStep(site.length_m);
  for (let km = 0; km <= site.length_m / 1000 + 1e-6; km += step) pen.fillText(String(km), chart.x(1000 * km), chart.bottom + 20);
  pen.textAlign = right ? 'right' : 'left';
  pen.direction = right ? 'rtl' : 'ltr';
  pen.fillText(text('strip.km'), right ? chart.width - 16 : 16, chart.bottom + 20);
}

function sign(pen: CanvasRenderingContext2D, path: string, x: number, y: number, stroke: string, fill: string | null, scale: number): void {
  pen.save();
  pen.translate(x, y);
  pen.scale(scale, scale);
  pen.lineWidth = 1.6;
  pen.strokeStyle = stroke;
  if (fill !== null) {
    pen.fillStyle = fill;
    pen.fill(shape(path));
  }
  pen.stroke(shape(path));
  pen.restore();
}
