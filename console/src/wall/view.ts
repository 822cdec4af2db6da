/** Several cameras at once, over the map: newest pictures with what was found in them, how old, or why there is none. */

import { html, nothing, svg, type TemplateResult } from 'lit';
import { nowS, store, type Topic } from '../store.ts';
import { horizonOf } from '../horizons.ts';
import { codeWords, ltr, t, text } from '../strings.ts';
import { clockText } from '../times.ts';
import type { Sensor } from '../types.ts';
import { exerciseMark, View } from '../view.ts';
import { alone, choose, reaches, setSide, shown, SIDES, STALE_S, theWall, togglePin, toggleWall, type Seen, type Still } from './state.ts';

export class WatchWall extends View {
  protected readonly topics: Topic[] = ['wall', 'selection', 'site', 'hello', 'link'];

  protected override render(): TemplateResult | typeof nothing {
    const wall = theWall();
    if (!wall.open) return nothing;
    const cameras = shown();
    return html`<section class="wall" data-testid="wall" aria-label=${text('wall.title')} @keydown=${(event: KeyboardEvent) => this.walk(event)}>
      <header>
        <h2>${t('wall.title')}</h2>
        ${exerciseMark()}
        <span class="row" role="group" aria-label=${text('wall.how_many')}>
          ${SIDES.map((side) => html`<button type="button" aria-pressed=${side === wall.side ? 'true' : 'false'} data-side=${side} @click=${() => setSide(side)}>${ltr(`${side} × ${side}`)}</button>`)}
        </span>
        <button type="button" class="away" data-testid="wall-close" @click=${() => toggleWall(false)}><kbd>${'W'}</kbd> ${t('help.close')}</button>
      </header>
      ${store.hello?.exercise ? html`<p class="none">${t('wall.exercise')}</p>` : cameras.length === 0 ? html`<p class="none">${t('wall.none')}</p>` : nothing}
      <ol class="grid" style="--side:${wall.side}">
        ${store.hello?.exercise ? nothing : cameras.map((camera, k) => this.cell(camera, wall.seen.get(camera.id), k === wall.chosen))}
      </ol>
    </section>`;
  }

  private cell(camera: Sensor, seen: Seen | undefined, chosen: boolean): TemplateResult {
    const still = seen?.still ?? null;
    const age = still === null ? 0 : Math.max(0, nowS() - still.t_s);
    const stale = age > STALE_S;
    const pinned = theWall().pinned.has(camera.id);
    return html`<li class=${stale ? 'stale' : ''} data-testid="wall-cell" data-sensor=${camera.id}>
      ${still === null ? html`<p class="why">${codeWords('wall.why', seen?.why || 'coming')}</p>` : picture(still, camera)}
      <p class="cap">
        <b>${ltr(camera.id)}</b> <span>${t('km.at', { km: (camera.s_m / 1000).toFixed(1) })}</span>
        ${still === null ? nothing : html`<span class=${stale ? 'since' : ''}>${stale ? t('wall.stands', { time: clockText(still.t_s) }) : ltr(clockText(still.t_s))}</span>`}
        ${reaches(camera) ? nothing : html`<span>${t('wall.far')}</span>`}
        ${still?.dark ? html`<span class="since">${codeWords('wall.why', 'dark')}</span>` : nothing}
        <button type="button" data-act="pin" tabindex=${chosen ? 0 : -1} aria-pressed=${pinned ? 'true' : 'false'} aria-label=${text(pinned ? 'wall.unpin' : 'wall.pin', { sensor: camera.id })} @click=${() => togglePin(camera.id)}>${pinned ? '◆' : '◇'}</button>
        <button type="button" data-act="alone" tabindex=${chosen ? 0 : -1} ?hidden=${theWall().side === 1} aria-label=${text('wall.alone', { sensor: camera.id })} title=${text('wall.alone', { sensor: camera.id })} @click=${() => alone(camera.id)}>${'⤢'}</button>
      </p>
    </li>`;
  }

  /** Arrows go from picture to picture; the one with the focus is pinned by Enter, as every button. */
  private walk(event: KeyboardEvent): void {
    const { side } = theWall();
    const along = document.documentElement.dir === 'rtl' ? -1 : 1;
    const by = { ArrowRight: along, ArrowLeft: -along, ArrowDown: side, ArrowUp: -side }[event.code];
    if (by === undefined || !(event.target as Element).closest('.grid')) return;
    event.preventDefault();
    event.stopPropagation();
    choose(by);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('.grid button[tabindex="0"]')?.focus());
  }
}

/** A picture with its boxes, which are never drawn smaller than can be seen at arm's length. */
function picture(still: Still, camera: Sensor): TemplateResult {
  const least = still.width / 40;
  const sky = horizonOf(camera.id, still.stop);
  return html`<div class="shot">
    <img src="data:image/jpeg;base64,${still.jpeg}" alt=${text('wall.alt', { sensor: camera.id, n: still.boxes.length })} />
    <svg viewBox="0 0 ${still.width} ${still.height}" aria-hidden="true">
      ${sky === null ? nothing : sky.pieces.map((piece) => skyline(piece, still.width / sky.horizon.width, still.height / sky.horizon.height))}
      ${still.boxes.map(([x, y, w, h]) => box(x + w / 2, y + h / 2, Math.max(least, w + 4), Math.max(least, h + 4)))}
    </svg>
  </div>`;
}

function skyline(piece: [number, number][], kx: number, ky: number): TemplateResult<2> {
  return svg`<polyline class="sky" points=${piece.map(([x, y]) => `${(x * kx).toFixed(1)},${(y * ky).toFixed(1)}`).join(' ')} />`;
}

function box(x: number, y: number, w: number, h: number): TemplateResult<2> {
  return svg`<rect x=${x - w / 2} y=${y - h / 2} width=${w} height=${h} />`;
}

customElements.define('watch-wall', WatchWall);
