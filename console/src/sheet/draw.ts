/**
 * A map sheet as one picture: the ground in light colours, everything the map shows, grid, north arrow, scale bar,
 * legend.
 *
 * Rule: the signs are painted by the very code that paints the map, so that paper and screen cannot differ.
 */

import { Map as Ground, type StyleSpecification } from 'maplibre-gl';
import { colours, FONT, onPaper, PAPER, type Colour } from '../canvas.ts';
import { Crowd, Places } from '../crowd.ts';
import { zoomFor } from '../geo.ts';
import { shown } from '../layers.ts';
import { flatView, heights } from '../map.ts';
import { paintMap, type MapView } from '../mappaint.ts';
import { tracksNow } from '../motion.ts';
import { ownStyle } from '../ownlayers.ts';
import { rightToLeft } from '../prefs.ts';
import { store } from '../store.ts';
import { text } from '../strings.ts';
import { FLAG, GATE, shape, TOWER, unitPaths, X_MARK } from '../symbols.ts';
import { roundStep } from '../tools/figures.ts';
import { partyStyle } from '../trackstyle.ts';
import type { Site } from '../types.ts';
import { paintGrid, zonesOf } from './grid.ts';

type Pen = CanvasRenderingContext2D;
const GROUND_WAIT_MS = 15_000;
const LEGEND_PX = 46;

export interface Drawn {
  picture: HTMLCanvasElement;
  zones: number[];
  metresPerPixel: number;
}

/** width, height: of the map on paper, CSS pixels; ratio: dots to each. Null where this machine cannot draw ground. */
export async function drawSheet(width: number, height: number, center: [number, number], metresPerPixel: number, ratio: number): Promise<Drawn | null> {
  const { site } = store;
  if (site === null) return null;
  const box = document.createElement('div');
  box.style.cssText = `position:fixed;left:-20000px;top:0;width:${width}px;height:${height}px`;
  document.body.append(box);
  let ground: Ground;
  try {
    ground = new Ground({
      container: box, center, zoom: zoomFor(metresPerPixel, center[1]), maxZoom: 20, interactive: false, attributionControl: false, fadeDuration: 0,
      pixelRatio: ratio, canvasContextAttributes: { preserveDrawingBuffer: true }, style: style(site),
    });
  } catch {
    box.remove();
    return null;
  }
  ground.on('error', () => undefined);
  await Promise.race([new Promise((done) => ground.once('idle', done)), new Promise((done) => setTimeout(done, GROUND_WAIT_MS))]);
  const view: MapView = { ...flatView(site, ground, { width, height }), paper: true };
  const picture = document.createElement('canvas');
  [picture.width, picture.height] = [Math.round(width * ratio), Math.round((height + LEGEND_PX) * ratio)];
  const pen = picture.getContext('2d')!;
  pen.fillStyle = PAPER['bg-0'];
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.drawImage(ground.getCanvas(), 0, 0, Math.round(width * ratio), Math.round(height * ratio));
  ground.remove();
  box.remove();
  onPaper(ratio, () => {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    paintGrid(pen, view);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    signs(pen, view);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    scaleBar(pen, view);
    northArrow(pen, view);
    pen.strokeStyle = colours().t1;
    pen.lineWidth = 1.4;
    pen.strokeRect(0.7, 0.7, width - 1.4, height - 1.4);
    legend(pen, width, height + 18);
  });
  return { picture, zones: zonesOf(view.bounds), metresPerPixel };
}

function style(site: Site): StyleSpecification {
  const ink = (name: string): string => PAPER[name.replace(/^--/, '') as Colour] ?? PAPER.t3;
  const own = ownStyle(ink, true);
  return {
    version: 8,
    sources: { terrain: heights(site), ...own.sources },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': PAPER.ground } },
      ...own.layers.filter((layer) => layer.type === 'raster'),
      {
        id: 'relief', type: 'hillshade', source: 'terrain', layout: { visibility: shown('relief') ? 'visible' : 'none' },
        paint: { 'hillshade-illumination-direction': 315, 'hillshade-exaggeration': 0.7, 'hillshade-shadow-color': '#6d675c', 'hillshade-highlight-color': '#ffffff', 'hillshade-accent-color': '#b8b2a6' },
      },
      ...own.layers.filter((layer) => layer.type !== 'raster'),
    ],
  };
}

function signs(pen: Pen, view: MapView): void {
  const [canvas, many] = [document.createElement('canvas'), document.createElement('canvas')];
  const crowd = new Crowd(many, () => 1);
  paintMap(canvas, crowd, new Places(), view, tracksNow());
  const [w, h] = [Math.round(view.width * (pen.canvas.width / view.width)), canvas.height];
  pen.drawImage(many, 0, 0, w, h);
  pen.drawImage(canvas, 0, 0, w, h);
  crowd.end();
}

function scaleBar(pen: Pen, view: MapView): void {
  const length_m = roundStep(220 * view.metresPerPixel);
  const w = length_m / view.metresPerPixel;
  const [x, y] = [view.width - w - 46, view.height - 18];
  plate(pen, x - 14, y - 22, w + 48, 34);
  pen.lineWidth = 1;
  pen.strokeStyle = colours().t1;
  for (let k = 0; k < 4; k++) {
    pen.fillStyle = k % 2 === 0 ? colours().t1 : colours()['bg-0'];
    pen.fillRect(x + (k * w) / 4, y, w / 4, 5);
    pen.strokeRect(x + (k * w) / 4, y, w / 4, 5);
  }
  const words = (m: number): string => (length_m >= 2000 ? text('scale.km', { n: String(m / 1000) }) : text('scale.m', { n: String(m) }));
  ink(pen, 11, 600);
  pen.textAlign = 'center';
  pen.fillText('0', x, y - 6);
  pen.fillText(words(length_m / 2), x + w / 2, y - 6);
  pen.fillText(words(length_m), x + w, y - 6);
}

function northArrow(pen: Pen, view: MapView): void {
  const [x, y] = [view.width - 30, 22];
  plate(pen, x - 16, y - 18, 32, 62);
  pen.fillStyle = pen.strokeStyle = colours().t1;
  pen.lineWidth = 1.4;
  pen.beginPath();
  pen.moveTo(x, y + 2);
  pen.lineTo(x - 8, y + 26);
  pen.lineTo(x, y + 20);
  pen.closePath();
  pen.fill();
  pen.beginPath();
  pen.moveTo(x, y + 2);
  pen.lineTo(x + 8, y + 26);
  pen.lineTo(x, y + 20);
  pen.closePath();
  pen.stroke();
  ink(pen, 12, 700);
  pen.textAlign = 'center';
  pen.fillText(text('compass.n'), x, y - 3);
}

function plate(pen: Pen, x: number, y: number, w: number, h: number): void {
  pen.fillStyle = colours()['bg-0'];
  pen.globalAlpha = 0.85;
  pen.fillRect(x, y, w, h);
  pen.globalAlpha = 1;
}

function ink(pen: Pen, size: number, weight: number): void {
  pen.font = `${weight} ${size}px ${FONT}`;
  pen.fillStyle = colours().t1;
  pen.direction = rightToLeft() ? 'rtl' : 'ltr';
  pen.textBaseline = 'alphabetic';
}

/** What each sign of the sheet means, from the reader's side of the page. */
function legend(pen: Pen, width: number, y: number): void {
  const step = rightToLeft() ? -1 : 1;
  const first = step === 1 ? 8 : width - 8;
  let x = first;
  for (const [name, draw] of SIGNS) {
    ink(pen, 12, 400);
    const words = text(name);
    const wide = 26 + pen.measureText(words).width + 14;
    if (x !== first && (x + step * wide < 8 || x + step * wide > width)) [x, y] = [first, y + 20];
    pen.save();
    pen.translate(x + 11 * step, y - 4);
    draw(pen);
    pen.restore();
    ink(pen, 12, 400);
    pen.textAlign = step === 1 ? 'left' : 'right';
    pen.fillText(words, x + 26 * step, y);
    x += step * wide;
  }
}

function stroked(pen: Pen, path: string, stroke: string, fill: string | null = null, scale = 0.8): void {
  pen.scale(scale, scale);
  pen.lineWidth = 1.8;
  pen.strokeStyle = stroke;
  if (fill !== null) {
    pen.fillStyle = fill;
    pen.fill(shape(path));
  }
  pen.stroke(shape(path));
}

function dashed(pen: Pen, dash: number[], width: number, colour: string): void {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(-10, 0);
  pen.lineTo(10, 0);
  pen.stroke();
}

const SIGNS: readonly [string, (pen: Pen) => void][] = [
  ['sheet.line', (pen) => dashed(pen, [], 2, colours().t1)],
  ['sheet.wire', (pen) => dashed(pen, [1.5, 3], 1.4, colours().t3)],
  ['sheet.trench', (pen) => dashed(pen, [7, 3], 2.4, colours().t3)],
  ['sheet.tower', (pen) => stroked(pen, TOWER, colours().halo, colours().own, 1)],
  ['sheet.dark', (pen) => stroked(pen, X_MARK, colours().t1, null, 1)],
  ['sheet.post', (pen) => stroked(pen, GATE, colours().own)],
  ['sheet.unit', (pen) => stroked(pen, unitPaths('patrol').frame, colours().own, colours()['ink-own'], 0.7)],
  ['sheet.unknown', (pen) => stroked(pen, partyStyle(0).path, partyStyle(0).stroke, partyStyle(0).fill)],
  ['sheet.neutral', (pen) => stroked(pen, partyStyle(2).path, partyStyle(2).stroke, partyStyle(2).fill)],
  ['sheet.alert', (pen) => { pen.translate(0, 7); stroked(pen, FLAG, colours().need, colours().need); }],
  ['sheet.area', (pen) => dashed(pen, [6, 3, 1, 3], 1.4, colours().t2)],
];
