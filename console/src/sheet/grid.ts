/** The grid of a printed sheet: whole kilometres of UTM, right across the break between two zones. */

import { colours, FONT } from '../canvas.ts';
import { utm, utmZone } from '../geo.ts';
import type { MapView } from '../mappaint.ts';

type Pen = CanvasRenderingContext2D;
/** About this far apart on paper, CSS pixels. */
const APART_PX = 70;
const STEPS_KM = [1, 2, 5, 10, 20, 50, 100];

export function gridStepKm(metresPerPixel: number): number {
  return STEPS_KM.find((km) => (km * 1000) / metresPerPixel >= APART_PX) ?? 100;
}

/** The zones a view reaches into, from west to east. */
export function zonesOf([west, , east]: MapView['bounds']): number[] {
  const first = utmZone(west);
  return Array.from({ length: utmZone(east) - first + 1 }, (_, k) => first + k);
}

export function paintGrid(pen: Pen, view: MapView): void {
  const step_m = gridStepKm(view.metresPerPixel) * 1000;
  const [west, south, east, north] = view.bounds;
  const zones = zonesOf(view.bounds);
  for (const zone of zones) {
    const low = Math.max(west, zone * 6 - 186);
    const high = Math.min(east, zone * 6 - 180);
    const corners = [[low, south], [low, north], [high, south], [high, north]].map(([lon, lat]) => utm(lon!, lat!, zone));
    const of = (axis: 0 | 1): number[] => {
      const all = corners.map((corner) => corner[axis]);
      const from = Math.ceil(Math.min(...all) / step_m);
      return Array.from({ length: Math.floor(Math.max(...all) / step_m) - from + 1 }, (_, k) => (from + k) * step_m);
    };
    for (const e of of(0)) line(pen, view, along(south, north, (lat) => [solve((lon) => utm(lon, lat, zone)[0] - e, (low + high) / 2), lat]).filter(([lon]) => lon >= low && lon <= high), e, false);
    for (const n of of(1)) line(pen, view, along(low, high, (lon) => [lon, solve((lat) => utm(lon, lat, zone)[1] - n, (south + north) / 2)]).filter(([, lat]) => lat >= south && lat <= north), n, true);
    if (zone !== zones[0]) edge(pen, view, low, zone);
  }
}

/** Where a nearly linear function is nought: three secant steps from a guess in degrees, to far below a millimetre. */
function solve(of: (x: number) => number, guess: number): number {
  let [a, b] = [guess, guess + 0.01];
  for (let k = 0; k < 5; k++) {
    const [fa, fb] = [of(a), of(b)];
    if (Math.abs(fb) < 1e-4 || fb === fa) break;
    [a, b] = [b, b - (fb * (b - a)) / (fb - fa)];
  }
  return b;
}

function along(from: number, to: number, at: (x: number) => [number, number]): [number, number][] {
  return Array.from({ length: 33 }, (_, k) => at(from + ((to - from) * k) / 32));
}

function line(pen: Pen, view: MapView, points: [number, number][], value_m: number, across: boolean): void {
  if (points.length < 2) return;
  const drawn = points.map(([lon, lat]) => view.project(lon, lat));
  const whole = value_m % 10_000 === 0;
  pen.strokeStyle = colours().own;
  pen.globalAlpha = whole ? 0.75 : 0.4;
  pen.lineWidth = whole ? 1.1 : 0.7;
  pen.beginPath();
  for (const at of drawn) pen.lineTo(...at);
  pen.stroke();
  pen.globalAlpha = 1;
  const name = String(((value_m / 1000) % 100 + 100) % 100).padStart(2, '0');
  // At the frame only, and not in its corners.
  for (const [x, y] of [drawn[0]!, drawn.at(-1)!]) {
    if (across && y > 16 && y < view.height - 12) {
      if (x < AT_FRAME_PX) written(pen, name, x + 3, y + 4, 'left');
      else if (x > view.width - AT_FRAME_PX) written(pen, name, x - 3, y + 4, 'right');
    }
    if (!across && x > 20 && x < view.width - 20) written(pen, name, x, y < view.height / 2 ? y + 12 : y - 4, 'center');
  }
}
const AT_FRAME_PX = 3;

function edge(pen: Pen, view: MapView, lon: number, zone: number): void {
  const [x] = view.project(lon, view.center[1]);
  pen.strokeStyle = colours().t1;
  pen.lineWidth = 1.2;
  pen.setLineDash([8, 4, 2, 4]);
  pen.beginPath();
  pen.moveTo(x, 0);
  pen.lineTo(x, view.height);
  pen.stroke();
  pen.setLineDash([]);
  written(pen, String(zone - 1), x - 6, 28, 'right', 700);
  written(pen, String(zone), x + 6, 28, 'left', 700);
}

function written(pen: Pen, words: string, x: number, y: number, align: CanvasTextAlign, weight = 600): void {
  pen.font = `${weight} 11px ${FONT}`;
  pen.direction = 'ltr';
  pen.textAlign = align;
  pen.lineJoin = 'round';
  pen.lineWidth = 3;
  pen.strokeStyle = colours().halo;
  pen.strokeText(words, x, y);
  pen.fillStyle = colours().own;
  pen.fillText(words, x, y);
}
