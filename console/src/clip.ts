/** The clip of an alert: plays by itself, muted and round and round, with the detector's boxes drawn over it. */

import { html, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { colours, wiped } from './canvas.ts';
import { horizonOfFilm } from './horizons.ts';
import { codeWords, hasText, ltr, t, text } from './strings.ts';
import { sensorById } from './store.ts';
import { stillness } from './motion.ts';
import { clockText } from './times.ts';
import type { Clip } from './types.ts';
import { View } from './view.ts';
import type { Topic } from './store.ts';

/** Subjects smaller than this many screen pixels are also shown enlarged, in a corner of the picture. */
const SMALL_PX = 16;
const TIMES = 5;

/** Between two scans a box is carried along this far; after that it would be an invention. */
const LONGEST_GAP_S = 1.5;

export class WatchClip extends View {
  protected readonly topics: Topic[] = [];
  private current: Clip | null = null;
  private why: string | null = null;
  private broken = false;

  set clip(clip: Clip | null) {
    if (clip?.id !== this.current?.id) this.broken = false;
    // The same clip in a newer alert must not restart the film.
    if (clip !== null && this.current !== null && clip.id === this.current.id && clip.boxes.length === this.current.boxes.length) return;
    this.current = clip;
    this.requestUpdate();
  }

  set reason(key: string | null) {
    if (key === this.why) return;
    this.why = key;
    this.requestUpdate();
  }

  private video(): HTMLVideoElement | null {
    return this.querySelector('video');
  }

  toggle(): void {
    const video = this.video();
    if (video === null) return;
    if (video.paused) void video.play().catch(() => undefined);
    else video.pause();
  }

  step(frames: number): void {
    const video = this.video();
    if (video === null || this.current === null) return;
    video.pause();
    video.currentTime = Math.min(video.duration || 0, Math.max(0, video.currentTime + frames / this.current.fps));
  }

  protected override render(): TemplateResult {
    const clip = this.current;
    if (clip === null || this.broken) {
      const words = this.broken ? t('clip.broken') : this.why === null ? t('clip.none') : hasText(this.why) ? t(this.why) : codeWords('noclip', this.why.replace(/^noclip\./, ''));
      return html`<div class="clip noclip" data-testid="no-clip"><p>${words}</p></div>`;
    }
    const sensor = sensorById(clip.sensor);
    return html`<div class="clip" style="aspect-ratio:${clip.width}/${clip.height}">
      ${keyed(
        clip.id,
        html`<video
          data-testid="clip"
          src="api/clips/${encodeURIComponent(clip.id)}"
          muted
          loop
          playsinline
          preload="auto"
          ?autoplay=${!stillness.matches}
          .muted=${true}
          aria-label=${text('clip.label', { sensor: clip.sensor })}
          @loadeddata=${() => this.run()}
          @play=${() => this.run()}
          @seeked=${() => this.draw()}
          @pause=${() => this.requestUpdate()}
          @error=${() => {
            this.broken = true;
            this.requestUpdate();
          }}
        ></video>`,
      )}
      <canvas class="boxes" aria-hidden="true"></canvas>
      <span class="c0">${ltr(clip.sensor)} ${sensor === null ? nothing : codeWords('sensor', sensor.kind)}</span>
      <span class="c1"><bdi dir="ltr" class="n when"></bdi></span>
      <button type="button" class="play" @click=${() => this.toggle()} aria-label=${text('clip.play')} title=${text('clip.play')}>${this.video()?.paused === true ? '▶' : '❚❚'}</button>
      <div class="scr" aria-hidden="true"><i></i><b></b></div>
    </div>`;
  }

  /** The box last enlarged: the glass stays where the subject was while the detector loses it. */
  private held: { box: Clip['boxes'][number]; clip: string } | null = null;
  private running = false;
  private run(): void {
    this.requestUpdate();
    if (this.running) return;
    this.running = true;
    const next = (): void => {
      const video = this.video();
      this.draw();
      if (video === null || video.paused || !this.isConnected) {
        this.running = false;
        return;
      }
      // Per shown picture, so that boxes never run ahead of what is seen.
      if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(next);
      else setTimeout(next, 100);
    };
    next();
  }

  private draw(): void {
    const clip = this.current;
    const video = this.video();
    const canvas = this.querySelector<HTMLCanvasElement>('canvas.boxes');
    if (clip === null || video === null || canvas === null) return;
    const { clientWidth: w, clientHeight: h } = canvas;
    const pen = wiped(canvas, w, h);
    if (pen === null || w === 0) return;
    const t_s = clip.t0_s + video.currentTime;
    const kx = w / clip.width;
    const ky = h / clip.height;
    const boxes = boxesAt(clip, t_s);
    if (boxes.length > 0) this.held = { box: boxes[0]!, clip: clip.id };
    if (this.held?.clip === clip.id) magnify(pen, video, this.held.box, kx, ky, w, h);
    horizonOver(pen, clip.sensor, w, h);
    pen.strokeStyle = colours().unk;
    pen.lineWidth = 1.5;
    for (const [, x, y, bw, bh] of boxes) {
      // A box of a few pixels must be seen at arm's length: never drawn smaller than 10 px.
      const width = Math.max(10, bw * kx + 4);
      const height = Math.max(10, bh * ky + 4);
      pen.strokeRect((x + bw / 2) * kx - width / 2, (y + bh / 2) * ky - height / 2, width, height);
    }
    const when = this.querySelector('.when');
    if (when !== null) when.textContent = clockText(t_s);
    const share = video.duration > 0 ? video.currentTime / video.duration : 0;
    this.querySelector<HTMLElement>('.scr i')!.style.width = `${100 * share}%`;
    this.querySelector<HTMLElement>('.scr b')!.style.insetInlineStart = `${100 * share}%`;
  }
}

/** Draw the ground's skyline, thin and broken: it is reckoned, not seen. */
function horizonOver(pen: CanvasRenderingContext2D, sensor: string, w: number, h: number): void {
  const sky = horizonOfFilm(sensor);
  if (sky === null) return;
  pen.save();
  pen.strokeStyle = colours().t2;
  pen.lineWidth = 1;
  pen.setLineDash([3, 5]);
  for (const piece of sky.pieces) {
    pen.beginPath();
    for (const [x, y] of piece) pen.lineTo((x * w) / sky.horizon.width, (y * h) / sky.horizon.height);
    pen.stroke();
  }
  pen.restore();
}

/** Show what is in a small box TIMES as large, in the lower corner that the box is not in. */
function magnify(pen: CanvasRenderingContext2D, video: HTMLVideoElement, box: Clip['boxes'][number], kx: number, ky: number, w: number, h: number): void {
  const [, x, y, bw, bh] = box;
  if (Math.max(bw * kx, bh * ky) >= SMALL_PX || video.readyState < 2) return;
  const side = Math.round(Math.min(w, h) * 0.46);
  const cut = side / TIMES;
  const cx = (x + bw / 2) * kx;
  const cy = (y + bh / 2) * ky;
  const left = cx > w / 2 ? 6 : w - side - 6;
  const top = h - side - 14;
  pen.imageSmoothingEnabled = false;
  pen.drawImage(video, (cx - cut / 2) / kx, (cy - cut / 2) / ky, cut / kx, cut / ky, left, top, side, side);
  stretch(pen, left, top, side);
  pen.strokeStyle = colours().t1;
  pen.lineWidth = 1;
  pen.strokeRect(left + 0.5, top + 0.5, side, side);
  pen.fillStyle = colours().t1;
  pen.font = '600 12px Inter, sans-serif';
  pen.fillText(`×${TIMES}`, left + 5, top + 14);
}

/** Give the greys of a square all the room there is: a subject a little warmer than its ground is seen at a glance. */
function stretch(pen: CanvasRenderingContext2D, left: number, top: number, side: number): void {
  const scale = pen.getTransform().a;
  const [x, y, n] = [Math.round(left * scale), Math.round(top * scale), Math.round(side * scale)];
  const image = pen.getImageData(x, y, n, n);
  const { data } = image;
  let low = 255;
  let high = 0;
  for (let i = 0; i < data.length; i += 4) {
    low = Math.min(low, data[i]!);
    high = Math.max(high, data[i]!);
  }
  const gain = 255 / Math.max(high - low, 24);
  for (let i = 0; i < data.length; i += 4) data[i] = data[i + 1] = data[i + 2] = (data[i]! - low) * gain;
  pen.putImageData(image, x, y);
}

/** The boxes of the latest scan at or before this moment. */
export function boxesAt(clip: Clip, t_s: number): Clip['boxes'] {
  const half = 0.5 / clip.fps;
  let latest = -Infinity;
  for (const box of clip.boxes) if (box[0] <= t_s + half && box[0] > latest) latest = box[0];
  if (t_s - latest > LONGEST_GAP_S) return [];
  return clip.boxes.filter((box) => Math.abs(box[0] - latest) < 1e-6);
}

customElements.define('watch-clip', WatchClip);
