/** The panel of the open tool, at the foot of the map: its figures, its drawing, what can be set. */

import { html, nothing, type TemplateResult } from 'lit';
import { store, type Topic } from '../store.ts';
import { codeWords, ltr, t, text } from '../strings.ts';
import { View } from '../view.ts';
import { horizonAt, paintHorizon, paintProfile, shareAt } from './charts.ts';
import { area, bearingText, height, metres, rise } from './figures.ts';
import { endTool, fromTower, hiddenAt, setHeight, setMark, takeBack, tool, turnRound, type Leg, type Point, type Sight } from './state.ts';

const CHART_PX = 140;

export class WatchTool extends View {
  protected readonly topics: Topic[] = ['tool', 'site'];
  private copied = false;
  private width = 0;

  protected override render(): TemplateResult | typeof nothing {
    const { open } = tool;
    if (open === null || store.site === null) return nothing;
    return html`<section class="tool" role="region" aria-label=${text(`tool.${open}`)} data-testid="tool" data-tool=${open}>
      <header>
        <h2>${t(`tool.${open}`)}</h2>
        <span class="row">${this.settings()}</span>
        <span class="away row">
          <button type="button" ?disabled=${tool.points.length === 0} @click=${() => takeBack()}>${t('tool.back')}</button>
          <button type="button" ?disabled=${this.lines().length === 0} data-testid="tool-copy" @click=${() => this.copy()}>${t(this.copied ? 'tool.copied' : 'tool.copy')}</button>
          <button type="button" data-testid="tool-end" @click=${() => endTool()}><kbd>${'Esc'}</kbd> ${t('tool.end')}</button>
        </span>
      </header>
      ${tool.failed ? html`<p role="status">${t('tool.failed')}</p>` : nothing}
      ${open === 'measure' ? this.measure() : open === 'sight' ? this.sight() : this.horizon()}
      ${tool.measured === null && tool.sight === null && tool.horizon === null ? html`<p class="how">${t(`tool.how_${open}`)}</p>` : nothing}
      <div class="voice" role="status">${this.lines()[0]?.[1] ?? nothing}</div>
    </section>`;
  }

  private settings(): TemplateResult | typeof nothing {
    if (tool.open === 'measure') return nothing;
    return html`
      ${this.heightField('eye_m')} ${tool.open === 'sight' ? this.heightField('subject_m') : nothing}
      <button type="button" data-testid="tool-tower" @click=${() => fromTower()}>${t('tool.tower')}</button>
      ${tool.open === 'sight' ? html`<button type="button" ?disabled=${tool.points.length < 2} @click=${() => turnRound()}>${t('sight.turn')}</button>` : nothing}
    `;
  }

  private heightField(which: 'eye_m' | 'subject_m'): TemplateResult {
    return html`<label title=${text('tool.above')}>${t(`tool.${which}`)} <input type="number" min="0" max="10000" step="0.1" name=${which} .value=${String(tool[which])} @change=${(event: Event) => setHeight(which, (event.target as HTMLInputElement).valueAsNumber)} /></label>`;
  }

  private measure(): TemplateResult | typeof nothing {
    const told = tool.measured;
    if (told === null) return nothing;
    return html`
      <p class="sum" data-testid="measure-sum">
        ${this.lines().slice(0, told.area_m2 === null ? 2 : 3).map(([what, figure]) => html`<span>${what} <b>${figured(figure)}</b></span>`)}
      </p>
      <div class="scroll" tabindex="0" role="group" aria-label=${text('measure.legs')}><table>
        <tr><td></td><th>${t('measure.place')}</th><th>${t('measure.height')}</th><th>${t('measure.leg')}</th><th>${t('measure.true')}</th><th>${t('measure.grid')}</th><th>${t('measure.rise')}</th></tr>
        ${told.points.map((point, k) => this.row(point, k, told.legs[k - 1]))}
      </table></div>`;
  }

  private row(point: Point, k: number, leg: Leg | undefined): TemplateResult {
    const figures = leg === undefined ? ['', '', '', ''] : [metres(leg.distance_m), bearingText(leg.bearing_deg), `${bearingText(leg.grid_bearing_deg)} (${leg.zone})`, rise(leg.rise_m)];
    return html`<tr><td>${ltr(k + 1)}</td><td>${ltr(point.mgrs)}</td><td>${figured(height(point.height_m))}</td>${figures.map((one) => html`<td>${figured(one)}</td>`)}</tr>`;
  }

  private sight(): TemplateResult | typeof nothing {
    const told = tool.sight;
    if (told === null) return nothing;
    if (!('profile' in told)) return html`<p role="status" data-testid="sight-answer">${codeWords('sight', (told as Sight).answer)}</p>`;
    const { leg } = told;
    return html`
      <p class="sum">
        <b class="verdict ${told.answer}" data-testid="sight-answer" data-answer=${told.answer}>${told.answer === 'hidden' ? '✕' : told.answer === 'seen' ? '✓' : '?'} ${codeWords('sight', told.answer)}</b>
        <span>${t('sight.chance')} <b>${ltr(told.p_visible === null ? '–' : told.p_visible.toFixed(2))}</b></span>
        <span>${t('measure.distance')} <b>${figured(metres(leg.distance_m))}</b></span>
        <span>${t('measure.true')} <b>${ltr(bearingText(leg.bearing_deg))}</b></span>
        <span>${t('measure.grid')} <b>${ltr(`${bearingText(leg.grid_bearing_deg)} (${leg.zone})`)}</b></span>
        ${told.need_m === null ? nothing : html`<span>${t('sight.need')} <b>${figured(height(told.need_m))}</b></span>`}
      </p>
      ${this.chart(text('sight.chart', { answer: text(`sight.${told.answer}`), far: metres(leg.distance_m) }), tool.mark, 1, this.placeText(told))}
      <p class="key"><span><i class="seen"></i>${t('sight.seen_part')}</span><span><i class="hid"></i>${t('sight.hidden_part')}</span><span>${t('sight.error', { sd: told.elevation_sd_m.toFixed(1) })}</span><span class="away" data-testid="sight-mark">${this.placeText(told)}</span></p>`;
  }

  /** What stands under the mark of a profile. */
  private placeText(told: Sight): string {
    if (tool.mark === null) return '';
    const { distance_m, ground_m, need_m } = told.profile;
    const far = (distance_m.at(-1) ?? 0) * tool.mark;
    const k = distance_m.reduce((best: number, d, i) => (Math.abs(d! - far) < Math.abs(distance_m[best]! - far) ? i : best), 0);
    const hidden = hiddenAt(told, k);
    const state = text(hidden === null ? 'sight.unknown' : hidden ? 'sight.hidden' : 'sight.seen');
    return text('sight.at', { far: metres(distance_m[k]!), ground: height(ground_m[k] ?? null), state, need: height(need_m[k] ?? null) });
  }

  private horizon(): TemplateResult | typeof nothing {
    const told = tool.horizon;
    if (told === null) return nothing;
    if (told.answer !== 'drawn') return html`<p role="status">${codeWords('sight', told.answer)}</p>`;
    return html`
      <p class="sum" data-testid="horizon-mark">${this.lines().map(([what, figure]) => html`<span>${what} <b>${figured(figure)}</b></span>`)}</p>
      ${this.chart(text('horizon.chart'), tool.mark === null ? null : tool.mark / 360, 360, this.lines().map(([what, figure]) => `${what} ${figure}`).join(' · '))}`;
  }

  private chart(name: string, share: number | null, most: number, value: string): TemplateResult {
    return html`<canvas
      class="chart"
      data-chart
      data-testid="chart"
      tabindex="0"
      role="slider"
      aria-label=${name}
      aria-valuemin="0"
      aria-valuemax=${most === 1 ? 100 : most}
      aria-valuenow=${Math.round((share ?? 0) * (most === 1 ? 100 : most))}
      aria-valuetext=${value}
      style="height:${CHART_PX}px"
      @pointermove=${(event: PointerEvent) => this.pointed(event, most)}
      @click=${(event: PointerEvent) => this.pointed(event, most)}
    ></canvas>`;
  }

  private pointed(event: PointerEvent, most: number): void {
    const box = (event.target as Element).getBoundingClientRect();
    const share = shareAt(event.clientX - box.left, box.width);
    setMark(most === 1 ? share : (Math.round(share * 720) / 2) % 360);
  }

  protected override updated(): void {
    const canvas = this.querySelector<HTMLCanvasElement>('canvas.chart');
    if (canvas === null) return;
    if (this.width === 0) new ResizeObserver(() => this.requestUpdate()).observe(this);
    this.width = canvas.clientWidth;
    if (tool.open === 'sight' && tool.sight !== null && 'profile' in tool.sight) paintProfile(canvas, this.width, CHART_PX, tool.sight, tool.mark);
    if (tool.open === 'horizon' && tool.horizon?.answer === 'drawn') paintHorizon(canvas, this.width, CHART_PX, tool.horizon, tool.mark);
  }

  /** What is copied, the most wanted first: a name and a figure each. */
  private lines(): [string, string][] {
    const { measured, sight, horizon, mark } = tool;
    if (tool.open === 'measure' && measured !== null) {
      return [
        [text('measure.distance'), metres(measured.distance_m)],
        [text('measure.rise'), rise(measured.rise_m)],
        ...(measured.area_m2 === null ? [] : [[text('measure.area'), area(measured.area_m2)] as [string, string]]),
        ...measured.legs.map((leg, k): [string, string] => [`${k + 1}–${k + 2}`, `${metres(leg.distance_m)}, ${bearingText(leg.bearing_deg)}, ${bearingText(leg.grid_bearing_deg)} (${leg.zone}), ${rise(leg.rise_m)}`]),
        ...measured.points.map((point, k): [string, string] => [String(k + 1), `${point.mgrs}, ${height(point.height_m)}`]),
      ];
    }
    if (tool.open === 'sight' && sight !== null && 'profile' in sight) {
      return [
        [text(`sight.${sight.answer}`), sight.p_visible === null ? '–' : sight.p_visible.toFixed(2)],
        [text('measure.distance'), metres(sight.leg.distance_m)],
        [text('measure.true'), bearingText(sight.leg.bearing_deg)],
        ...sight.points.map((point, k): [string, string] => ['AB'[k]!, `${point.mgrs}, ${height(point.height_m)}`]),
      ];
    }
    if (tool.open === 'horizon' && horizon?.answer === 'drawn' && mark !== null) {
      const at = horizonAt(horizon, mark);
      const from: [string, string] = [text('horizon.from'), `${horizon.point.mgrs}, ${height(horizon.point.height_m)}`];
      return at === null ? [from] : [[text('measure.true'), at.bearing], [text('horizon.elevation'), at.elevation], [text('measure.distance'), at.far], [text('measure.height'), height(at.height_m)], from];
    }
    return [];
  }

  private copy(): void {
    const words = this.lines().map(([what, figure]) => `${what} ${figure}`);
    // No marks of direction: what is copied is what is read.
    const clean = words.join('\n').replace(/[\u200e\u200f\u061c\u2066-\u2069]/g, '');
    void navigator.clipboard?.writeText(clean).then(
      () => {
        this.copied = true;
        this.requestUpdate();
        setTimeout(() => {
          this.copied = false;
          this.requestUpdate();
        }, 2000);
      },
      () => undefined,
    );
  }
}

/** A figure in the order of its own script: a unit in Arabic stands after its number as Arabic is read. */
function figured(figure: string): TemplateResult {
  return /[\u0600-\u06ff]/.test(figure) ? html`<bdi class="n">${figure}</bdi>` : ltr(figure);
}

customElements.define('watch-tool', WatchTool);
