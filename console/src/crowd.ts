/**
 * Many small signs at once: thousands of tracks are one call to the graphics processor.
 *
 * A sign is a picture out of one sheet, drawn once per theme; a place is two numbers. Without WebGL the same sheet is
 * copied sign by sign, which is slower and looks the same.
 */

import { colours } from './canvas.ts';
import { onPrefs } from './prefs.ts';
import { FLAG, shape } from './symbols.ts';
import { partyStyle } from './trackstyle.ts';

/** A square that holds the largest sign with its flag, CSS pixels; the sign's own place is in the middle. */
const CELL = 48;
const PARTIES = 3;
/** Signs of tracks: by party, then stale, then flagged; after them an alert without a track, open and not. */
const KINDS = PARTIES * 4 + 2;
export const ALERT_OPEN = PARTIES * 4;
export const ALERT_DONE = PARTIES * 4 + 1;

export function trackKind(party: number, stale: boolean, open: boolean): number {
  return 4 * Math.min(party, PARTIES - 1) + 2 * Number(stale) + Number(open);
}

/** Places of signs in CSS pixels, x and y in turn, which sign stands there and whose it is; grows as it is needed. */
export class Places {
  n = 0;
  xy = new Float32Array(512);
  kind = new Float32Array(256);
  /** Number of the track; 0 for what is none. */
  track = new Uint32Array(256);

  clear(): void {
    this.n = 0;
  }

  add(x: number, y: number, kind: number, track: number): void {
    if (this.n === this.kind.length) {
      const [xy, kinds, tracks] = [new Float32Array(4 * this.n), new Float32Array(2 * this.n), new Uint32Array(2 * this.n)];
      xy.set(this.xy);
      kinds.set(this.kind);
      tracks.set(this.track);
      [this.xy, this.kind, this.track] = [xy, kinds, tracks];
    }
    this.track[this.n] = track;
    this.xy[2 * this.n] = x;
    this.xy[2 * this.n + 1] = y;
    this.kind[this.n++] = kind;
  }

  /** The nearest track within `most` pixels, null when there is none. */
  trackAt(x: number, y: number, most: number): number | null {
    let [best, nearest] = [0, most];
    for (let i = 0; i < this.n; i++) {
      const far = Math.hypot(this.xy[2 * i]! - x, this.xy[2 * i + 1]! - y);
      if (far < nearest && this.track[i] !== 0) [best, nearest] = [this.track[i]!, far];
    }
    return best === 0 ? null : best;
  }
}

const VERTEX = `
attribute vec2 at; attribute float kind; uniform vec2 size; uniform float cell; varying float which;
void main() {
  gl_Position = vec4(2.0 * at.x / size.x - 1.0, 1.0 - 2.0 * at.y / size.y, 0.0, 1.0);
  gl_PointSize = cell;
  which = kind;
}`;
const FRAGMENT = `
precision mediump float; uniform sampler2D sheet; varying float which;
void main() { gl_FragColor = texture2D(sheet, vec2((which + gl_PointCoord.x) / ${KINDS}.0, gl_PointCoord.y)); }`;

export class Crowd {
  private readonly canvas: HTMLCanvasElement;
  private readonly scaleOf: (party: number) => number;
  private readonly gl: WebGLRenderingContext | null;
  private readonly forget: () => void;
  private sheet: HTMLCanvasElement | null = null;
  private ratio = 0;
  private size: { size: WebGLUniformLocation | null; cell: WebGLUniformLocation | null } | null = null;
  private buffers: [WebGLBuffer, WebGLBuffer] | null = null;

  /** scaleOf: how large the sign of a party is drawn here, 1 as on the map. */
  constructor(canvas: HTMLCanvasElement, scaleOf: (party: number) => number) {
    this.canvas = canvas;
    this.scaleOf = scaleOf;
    const gl = canvas.getContext('webgl', { antialias: false, depth: false, powerPreference: 'low-power' });
    const largest = gl === null ? 0 : (gl.getParameter(gl.ALIASED_POINT_SIZE_RANGE) as Float32Array)[1]!;
    // A canvas has one kind of context for good: where points are too small a sign, the page's own is asked for instead.
    this.gl = gl !== null && largest >= 2 * CELL ? gl : null;
    canvas.dataset['drawn'] = this.gl === null ? 'plain' : 'webgl';
    if (this.gl !== null) {
      canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
      canvas.addEventListener('webglcontextrestored', () => this.begin());
      this.begin();
    }
    this.forget = onPrefs(() => (this.ratio = 0));
  }

  /** Gives the graphics processor's part back: a browser has few of them, and takes the oldest away when they run out. */
  end(): void {
    this.forget();
    this.gl?.getExtension('WEBGL_lose_context')?.loseContext();
  }

  draw(places: Places, width: number, height: number): void {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    if (this.ratio !== ratio) {
      this.ratio = ratio;
      this.sheet = sheetOf(ratio, this.scaleOf);
      if (this.gl !== null) loadSheet(this.gl, this.sheet);
    }
    if (this.gl === null) this.copy(places);
    else this.points(this.gl, places, width, height);
  }

  private begin(): void {
    const gl = this.gl!;
    const program = gl.createProgram()!;
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
      const part = gl.createShader(kind)!;
      gl.shaderSource(part, source);
      gl.compileShader(part);
      gl.attachShader(program, part);
    }
    gl.bindAttribLocation(program, 0, 'at');
    gl.bindAttribLocation(program, 1, 'kind');
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.size = { size: gl.getUniformLocation(program, 'size'), cell: gl.getUniformLocation(program, 'cell') };
    this.buffers = [gl.createBuffer()!, gl.createBuffer()!];
    [2, 1].forEach((values, i) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers![i]!);
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, values, gl.FLOAT, false, 0, 0);
    });
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    this.ratio = 0;
  }

  private points(gl: WebGLRenderingContext, { n, xy, kind }: Places, width: number, height: number): void {
    if (gl.isContextLost()) return;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(this.size!.size, width, height);
    gl.uniform1f(this.size!.cell, CELL * this.ratio);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers![0]);
    gl.bufferData(gl.ARRAY_BUFFER, xy.subarray(0, 2 * n), gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers![1]);
    gl.bufferData(gl.ARRAY_BUFFER, kind.subarray(0, n), gl.DYNAMIC_DRAW);
    gl.drawArrays(gl.POINTS, 0, n);
  }

  private copy({ n, xy, kind }: Places): void {
    const pen = this.canvas.getContext('2d');
    if (pen === null) return;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const cell = CELL * this.ratio;
    for (let i = 0; i < n; i++) {
      // Whole pixels: nothing is smoothed, which is what makes it quick.
      const x = Math.round(xy[2 * i]! * this.ratio - cell / 2);
      const y = Math.round(xy[2 * i + 1]! * this.ratio - cell / 2);
      pen.drawImage(this.sheet!, kind[i]! * cell, 0, cell, cell, x, y, cell, cell);
    }
  }
}

function loadSheet(gl: WebGLRenderingContext, sheet: HTMLCanvasElement): void {
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, sheet);
  // Not a power of two, so neither repeated nor made smaller.
  for (const [name, value] of [[gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE], [gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR]] as const) {
    gl.texParameteri(gl.TEXTURE_2D, name, value);
  }
}

function sheetOf(ratio: number, scaleOf: (party: number) => number): HTMLCanvasElement {
  const sheet = document.createElement('canvas');
  [sheet.width, sheet.height] = [KINDS * CELL * ratio, CELL * ratio];
  const pen = sheet.getContext('2d')!;
  const at = (kind: number, scale: number): void => pen.setTransform(ratio * scale, 0, 0, ratio * scale, (kind + 0.5) * CELL * ratio, 0.5 * CELL * ratio);
  for (let kind = 0; kind < ALERT_OPEN; kind++) {
    const party = kind >> 2;
    const style = partyStyle(party);
    at(kind, scaleOf(party));
    pen.lineWidth = 1.6;
    pen.setLineDash(kind & 2 ? [2.5, 2] : []);
    pen.fillStyle = style.fill;
    pen.strokeStyle = style.stroke;
    pen.fill(shape(style.path));
    pen.stroke(shape(style.path));
    if (kind & 1) {
      at(kind, 0.85);
      pen.translate(0, -8);
      pen.setLineDash([]);
      pen.lineWidth = 1.8;
      pen.strokeStyle = pen.fillStyle = colours().need;
      pen.fill(shape(FLAG));
      pen.stroke(shape(FLAG));
    }
  }
  pen.setLineDash([]);
  for (const kind of [ALERT_OPEN, ALERT_DONE]) {
    const open = kind === ALERT_OPEN;
    at(kind, 1);
    pen.lineWidth = 1.5;
    pen.lineJoin = 'round';
    pen.strokeStyle = open ? colours().need : colours().t2;
    pen.fillStyle = open ? colours().need : colours()['bg-1'];
    pen.fill(shape(FLAG));
    pen.stroke(shape(FLAG));
  }
  return sheet;
}
