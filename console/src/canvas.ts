/** Drawing on a canvas with the style sheet's own colours and letters, and without texts on top of each other. */

import { onPrefs, rightToLeft } from './prefs.ts';

const NAMES = ['bg-0', 'bg-1', 'bg-2', 'bg-3', 't1', 't2', 't3', 'need', 'sos', 'unk', 'own', 'neu', 'sel', 'void', 'edge', 'ink-unk', 'ink-own', 'ink-neu', 'ground', 'halo'] as const;
export type Colour = (typeof NAMES)[number];

let cached: Record<Colour, string> | null = null;
onPrefs(() => (cached = null));

export function colours(): Record<Colour, string> {
  if (cached === null) {
    const style = getComputedStyle(document.documentElement);
    cached = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Record<Colour, string>;
  }
  return cached;
}

/** Light paper: dark inks of the same meanings, each 4.5:1 or more on white; signs keep their shapes. */
export const PAPER: Readonly<Record<Colour, string>> = {
  'bg-0': '#ffffff', 'bg-1': '#ffffff', 'bg-2': '#ececec', 'bg-3': '#dddddd', t1: '#101010', t2: '#303030', t3: '#555555',
  need: '#a63c00', sos: '#a3006b', unk: '#5f4f00', own: '#004f8f', neu: '#17643a', sel: '#000000', void: '#5c5c5c', edge: '#6b6b6b',
  'ink-unk': '#fff8d6', 'ink-own': '#e4f1fb', 'ink-neu': '#e4f5ea', ground: '#f6f4ee', halo: '#ffffff',
};
let paperRatio: number | null = null;

/** Everything drawn by `work` is drawn for paper: in its colours, and this many dots to a CSS pixel. */
export function onPaper<T>(ratio: number, work: () => T): T {
  const before = cached;
  [cached, paperRatio] = [{ ...PAPER }, ratio];
  try {
    return work();
  } finally {
    [cached, paperRatio] = [before, null];
  }
}

export const FONT = '"Inter","Noto Sans Arabic",system-ui,sans-serif';

/** A canvas as large as its box, in device pixels; returns its context scaled to CSS pixels and wiped. */
export function wiped(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = paperRatio ?? Math.min(devicePixelRatio || 1, 2);
  const w = Math.round(width * ratio);
  const h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const pen = canvas.getContext('2d');
  if (pen === null) return null;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Where text already stands: a newcomer that would lie on another is refused. */
export class Taken {
  readonly boxes: Box[];
  private readonly bounds: Box | null;

  constructor(boxes: readonly Box[] = [], bounds: Box | null = null) {
    this.boxes = [...boxes];
    this.bounds = bounds;
  }

  claim(box: Box): boolean {
    const edge = this.bounds;
    if (edge && (box.x < edge.x || box.y < edge.y || box.x + box.w > edge.x + edge.w || box.y + box.h > edge.y + edge.h)) return false;
    for (const other of this.boxes) {
      if (box.x < other.x + other.w && other.x < box.x + box.w && box.y < other.y + other.h && other.y < box.y + box.h) return false;
    }
    this.boxes.push(box);
    return true;
  }
}

export interface Line {
  text: string;
  colour: string;
  size: number;
  weight?: number;
}

export type Side = 'right' | 'left' | 'above' | 'below';

const widths = new Map<string, number>();
/** More names than any screen holds; then all are measured anew, so that a year's tracks do not stay. */
const WIDTHS_MOST = 4000;

function widthOf(pen: CanvasRenderingContext2D, font: string, words: string): number {
  const key = `${font}\n${words}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size >= WIDTHS_MOST) widths.clear();
    pen.font = font;
    widths.set(key, (width = pen.measureText(words).width));
  }
  return width;
}
// Letters that arrive later are as wide as they are, not as those that stood in for them.
document.fonts.addEventListener('loadingdone', () => widths.clear());

/** One or two lines of text beside a point, on the first side with room. False when there is none: better none than a heap. */
export function label(
  pen: CanvasRenderingContext2D,
  taken: Taken,
  x: number,
  y: number,
  gap: number,
  lines: Line[],
  sides: readonly Side[] = ['right', 'left', 'above', 'below'],
): boolean {
  const font = (line: Line): string => `${line.weight ?? 400} ${line.size}px ${FONT}`;
  let w = 0;
  let h = 0;
  for (const line of lines) {
    w = Math.max(w, widthOf(pen, font(line), line.text));
    h += line.size + 3;
  }
  for (const side of sides) {
    const box: Box = {
      x: side === 'right' ? x + gap : side === 'left' ? x - gap - w : x - w / 2,
      y: side === 'above' ? y - gap - h : side === 'below' ? y + gap : y - h / 2,
      w,
      h,
    };
    if (!taken.claim(box)) continue;
    pen.direction = rightToLeft() ? 'rtl' : 'ltr';
    pen.textBaseline = 'alphabetic';
    pen.lineJoin = 'round';
    pen.textAlign = side === 'right' ? 'left' : side === 'left' ? 'right' : 'center';
    const tx = side === 'right' ? box.x : side === 'left' ? box.x + w : x;
    let ty = box.y;
    for (const line of lines) {
      ty += line.size + 3;
      pen.font = font(line);
      pen.lineWidth = 3;
      pen.strokeStyle = colours().halo;
      pen.strokeText(line.text, tx, ty - 4);
      pen.fillStyle = line.colour;
      pen.fillText(line.text, tx, ty - 4);
    }
    return true;
  }
  return false;
}
