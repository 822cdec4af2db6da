/** What moves on the strip: tracks, their tails, the expected crossings and their names. Redrawn at display rate. */

import { colours, label, Taken, wiped, type Box, type Line } from './canvas.ts';
import { tails, type Now } from './motion.ts';
import { STALE_AFTER_S, store } from './store.ts';
import { shape } from './symbols.ts';
import { drawCrossing, drawFlag, flagged, partyStyle, trackPriority, trackWords } from './trackstyle.ts';
import type { Frame } from './strip.ts';

const MOST_LABELS = 40;

export function paintStripTracks(
  canvas: HTMLCanvasElement,
  frame: Frame,
  busy: readonly Box[],
  now: Now,
): { x: number; y: number; track: number }[] {
  const pen = wiped(canvas, frame.width, frame.height);
  if (pen === null) return [];
  const { tracks } = store;
  const colour = colours();
  const order = trackPriority(tracks);
  const open = flagged();
  const hits: { x: number; y: number; track: number }[] = [];
  const taken = new Taken(busy, { x: frame.x0, y: 30, w: frame.x1 - frame.x0 + 20, h: frame.axis - 30 });
  const spots = order.map((i) => {
    const spot = { i, x: frame.x(now.s_m[i]!), y: frame.y(now.d_m[i]!) };
    if (tracks.state[i] !== 1) taken.boxes.push({ x: spot.x - 8, y: spot.y - (open.has(tracks.id[i]!) ? 20 : 8), w: 16, h: 28 });
    return spot;
  });
  // Least important first, so that the selected one lies on top.
  for (const { i, x, y } of [...spots].reverse()) {
    const id = tracks.id[i]!;
    const style = partyStyle(tracks.state[i]!);
    const chosen = store.selection.trackId === id;
    const stale = tracks.age_s[i]! > STALE_AFTER_S;
    hits.push({ x, y, track: id });
    pen.strokeStyle = style.stroke;
    pen.setLineDash([]);
    const tail = tails.get(id);
    if (tail !== undefined && tail.length > 1) {
      pen.globalAlpha = chosen ? 0.95 : 0.55;
      pen.lineWidth = chosen ? 1.6 : 1.2;
      pen.beginPath();
      let outside: boolean | null = null;
      // Across the line the tail is broken: band and barriers between the two halves are not ground.
      const to = (d_m: number, px: number, py: number): void => {
        if (outside === d_m < 0) pen.lineTo(px, py);
        else pen.moveTo(px, py);
        outside = d_m < 0;
      };
      for (const point of tail) to(point.d_m, frame.x(point.s_m), frame.y(point.d_m));
      // A stale track's tail stays open: nobody knows that it led here.
      if (!stale) to(now.d_m[i]!, x, y);
      pen.stroke();
    }
    const cross = tracks.s_cross_m[i]!;
    if (Number.isFinite(cross) && now.d_m[i]! < 0) {
      pen.globalAlpha = chosen ? 1 : 0.75;
      pen.setLineDash([3, 3]);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(frame.x(cross), frame.line - 5);
      pen.stroke();
      pen.setLineDash([]);
      pen.fillStyle = style.stroke;
      drawCrossing(pen, frame.x(cross), frame.line);
    }
    pen.globalAlpha = 1;
    pen.save();
    pen.translate(x, y);
    // Our own people are on the strip as units already; their tracks stay small and nameless.
    const size = tracks.state[i] === 1 && !chosen ? 0.5 : 0.85;
    pen.scale(size, size);
    pen.lineWidth = 1.6;
    if (stale) pen.setLineDash([2.5, 2]);
    pen.fillStyle = style.fill;
    pen.fill(shape(style.path));
    pen.stroke(shape(style.path));
    pen.restore();
    if (open.has(id)) drawFlag(pen, x, y);
    if (chosen) bracket(pen, x, y, 12, colour.sel);
  }
  for (const { i, x, y } of spots.slice(0, MOST_LABELS)) {
    const chosen = store.selection.trackId === tracks.id[i]!;
    if (tracks.state[i] === 1 && !chosen) continue;
    label(pen, taken, x, y, chosen ? 18 : 13, stripLines(i, chosen));
  }
  return hits;
}

function stripLines(i: number, chosen: boolean): Line[] {
  const colour = colours();
  const said = trackWords(i);
  const style = partyStyle(store.tracks.state[i]!);
  const lines: Line[] = [
    { text: said.name, colour: chosen ? colour.t1 : colour.t2, size: chosen ? 13 : 12, weight: chosen ? 600 : 400 },
  ];
  if (said.time !== '') lines.push({ text: said.time, colour: style.stroke, size: chosen ? 16 : 12, weight: chosen ? 700 : 400 });
  return lines;
}

export function bracket(pen: CanvasRenderingContext2D, x: number, y: number, r: number, colour: string): void {
  const arm = r * 0.45;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6;
  pen.setLineDash([]);
  pen.beginPath();
  for (const [sx, sy] of [[-1, -1], [1, -1], [-1, 1], [1, 1]] as const) {
    pen.moveTo(x + sx * r, y + sy * (r - arm));
    pen.lineTo(x + sx * r, y + sy * r);
    pen.lineTo(x + sx * (r - arm), y + sy * r);
  }
  pen.stroke();
}
