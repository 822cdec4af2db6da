/** The strip's other face: the line over time. It takes the strip's place, so that kilometres stay where they were. */

import { html, nothing, type TemplateResult } from 'lit';
import { lineAt } from '../geo.ts';
import { rightToLeft } from '../prefs.ts';
import { lookAt, nowS, selectAlert, selectTrack, store, type Topic } from '../store.ts';
import { ltr, t, text, type Words } from '../strings.ts';
import { alongFor, headline } from '../strip.ts';
import { clockText, dayMonth } from '../times.ts';
import { addressOfMoment, goTo, knowThen, leave, mayKnowThen, moment, play, SPEEDS } from '../past/moment.ts';
import { Painted } from '../view.ts';
import { chartFor, paintOverTime, type Chart, type Hit } from './paint.ts';
import { move, onOverTime, overTime, SPANS_S, toggleOverTime, toNow, zoom, zoomTo } from './rows.ts';

const NEAR_PX = 12;
const DRAG_PX = 4;

/** The line over time leaves with its moment: the present must not look like the past. */
export function closeOverTime(): void {
  leave();
  toggleOverTime(false);
}

function backToNow(): void {
  leave();
  toNow();
}

/** By the old way: the new one is not there on a closed network without certificates. */
function copy(words: string): void {
  const field = document.createElement('textarea');
  field.value = words;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

export class WatchOverTime extends Painted {
  protected readonly topics: Topic[] = ['site', 'picture', 'alerts', 'selection', 'link', 'past'];
  private chart: Chart | null = null;
  private hits: Hit[] = [];
  private pointed: { t_s: number; km: number } | null = null;
  /** Where the pointer went down, and whether it has dragged the moment since. */
  private grip: { y: number; dragged: boolean } | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.during(onOverTime(() => this.requestUpdate()));
  }

  protected paint(): void {
    const canvas = this.querySelector('canvas');
    const { site } = store;
    if (canvas === null || site === null || this.box.width === 0) return;
    this.chart = chartFor(alongFor(site, this.box.width, rightToLeft()), this.box.width, this.box.height);
    this.hits = paintOverTime(canvas, this.chart, site);
  }

  protected metresPerPixel(): number {
    return this.chart === null ? Infinity : Math.abs(this.chart.s(1) - this.chart.s(0));
  }

  protected override render(): TemplateResult {
    const { span_s, end_s, rows } = overTime();
    return html`
      <div class="sh"><h2>${t('overtime.title')}</h2></div>
      ${headline(store.picture)}
      <div class="otbar" role="toolbar" aria-label=${text('overtime.spans')}>
        ${SPANS_S.map(
          (one) => html`<button type="button" aria-pressed=${one === span_s ? 'true' : 'false'} data-span=${one} @click=${() => zoomTo(one)}>${t(`overtime.span.${one}`)}</button>`,
        )}
        <span class="sep"></span>
        <button type="button" aria-label=${text('overtime.back')} @click=${() => move(-1)}><kbd>[</kbd>${t('overtime.back')}</button>
        <button type="button" aria-label=${text('overtime.forward')} ?disabled=${end_s === null} @click=${() => move(1)}><kbd>]</kbd>${t('overtime.forward')}</button>
        <button type="button" aria-pressed=${end_s === null ? 'true' : 'false'} @click=${() => backToNow()}><kbd>\\</kbd>${t('overtime.now')}</button>
        ${moment().t_s === null ? nothing : this.replayBar()}
        <span class="read" data-testid="overtime-read">${this.reading()}</span>
        <button type="button" class="away" data-testid="overtime-close" @click=${() => closeOverTime()}><kbd>V</kbd>${t('overtime.close')}</button>
      </div>
      <canvas
        class="ot"
        data-testid="over-time"
        data-rows=${rows === null ? 0 : rows.in_view.length}
        role="img"
        aria-label=${summary()}
        style="width:${this.box.width}px;height:${this.box.height}px"
        @click=${(event: MouseEvent) => this.clicked(event)}
        @pointerdown=${(event: PointerEvent) => this.grasp(event)}
        @pointerup=${() => this.release()}
        @pointercancel=${() => this.release()}
        @pointermove=${(event: PointerEvent) => this.point(event)}
        @pointerleave=${() => this.point(null)}
        @wheel=${(event: WheelEvent) => this.wheeled(event)}
      ></canvas>
    `;
  }

  /** What the pointer stands on, in words; without a pointer what the screen shows, or why it shows nothing. */
  private reading(): Words | typeof nothing {
    const { rows, failed } = overTime();
    if (failed) return t('overtime.failed');
    if (rows === null) return t('overtime.loading');
    if (this.pointed === null) return rows.begins_s === null ? nothing : t('overtime.since', { date: dayMonth(rows.begins_s), t_s: rows.begins_s });
    const { t_s, km } = this.pointed;
    const share = rows.in_view[Math.floor((t_s - rows.from_s) / rows.row_s)]?.[Math.floor(km)];
    const when = { date: dayMonth(t_s), time: clockText(t_s).slice(0, 5), km: String(Math.floor(km)) };
    if (share === undefined || t_s > rows.ends_s) return t('overtime.at', when);
    return share === null ? t('overtime.at_unknown', when) : t('overtime.at_share', { ...when, percent: 100 - share });
  }

  /** While a past moment is shown: which knowledge, how fast, its address. */
  private replayBar(): TemplateResult {
    const { then, speed } = moment();
    const pressed = (is: boolean): string => (is ? 'true' : 'false');
    return html`<span class="sep"></span>
      ${mayKnowThen()
        ? [false, true].map((one) => html`<button type="button" aria-pressed=${pressed(then === one)} data-testid=${one ? 'known-then' : 'known-now'} @click=${() => knowThen(one)}>${t(one ? 'past.then' : 'past.now')}</button>`)
        : nothing}
      ${SPEEDS.map((one) => html`<button type="button" aria-pressed=${pressed(speed === one)} aria-label=${text('past.speed', { speed: one })} data-speed=${one} @click=${() => play(one)}>${speed === one ? '❚❚' : '▶'} ${ltr(`×${one}`)}</button>`)}
      <button type="button" data-testid="past-link" @click=${() => copy(addressOfMoment())}>${t('past.link')}</button>`;
  }

  private grasp(event: PointerEvent): void {
    if (event.button !== 0 || this.placeOf(event) === null) return;
    (event.target as Element).setPointerCapture(event.pointerId);
    this.grip = { y: event.clientY, dragged: false };
  }

  private release(): void {
    // The click that follows a drag is part of it.
    setTimeout(() => (this.grip = null));
  }

  private drag(event: PointerEvent): void {
    if (this.grip === null || this.chart === null) return;
    this.grip.dragged ||= Math.abs(event.clientY - this.grip.y) > DRAG_PX;
    const y = event.clientY - this.getBoundingClientRect().top;
    if (this.grip.dragged) goTo(this.chart.t(Math.min(this.chart.bottom, Math.max(this.chart.top, y))));
  }

  private point(event: PointerEvent | null): void {
    if (event !== null) this.drag(event);
    const place = event === null ? null : this.placeOf(event);
    this.pointed = place;
    this.requestUpdate();
  }

  private placeOf(event: MouseEvent): { t_s: number; km: number } | null {
    const { site } = store;
    if (this.chart === null || site === null) return null;
    const here = this.getBoundingClientRect();
    const [x, y] = [event.clientX - here.left, event.clientY - here.top];
    const s_m = this.chart.s(x);
    if (s_m < 0 || s_m > site.length_m || y < this.chart.top || y > this.chart.bottom) return null;
    return { t_s: this.chart.t(y), km: s_m / 1000 };
  }

  private clicked(event: MouseEvent): void {
    const { site } = store;
    const place = this.placeOf(event);
    if (place === null || site === null || this.grip?.dragged) return;
    const here = this.getBoundingClientRect();
    const [x, y] = [event.clientX - here.left, event.clientY - here.top];
    const far = (one: Hit): number => Math.hypot(one.x - x, one.y - y);
    const near = this.hits.filter((one) => far(one) < NEAR_PX).sort((a, b) => far(a) - far(b));
    const alert = near.find((one) => one.alert !== null && store.alerts.has(one.alert));
    const track = near.find((one) => one.track !== null);
    if (alert !== undefined) selectAlert(alert.alert);
    else if (track !== undefined) selectTrack(track.track!);
    const at = lineAt(site, 1000 * place.km);
    lookAt(at.lon, at.lat);
  }

  private wheeled(event: WheelEvent): void {
    event.preventDefault();
    if (event.shiftKey) move(event.deltaY + event.deltaX > 0 ? 1 : -1);
    else zoom(event.deltaY > 0 ? 1 : -1);
  }
}

/** The whole view in a sentence, for who cannot see it. */
function summary(): string {
  const { rows, span_s } = overTime();
  if (rows === null) return text('overtime.loading');
  const dark = new Set(rows.outages.map((one) => one.sensor)).size;
  const { alerts, tracks } = rows;
  return text('overtime.summary', { span: text(`overtime.span.${span_s}`), alerts: alerts.length, tracks: tracks.length, dark });
}

/** Takes a key that moves the view in time; false when it is none of them. Shift moves the moment, by a row. */
export function stepInTime(code: string, shift: boolean): boolean {
  const { open, rows } = overTime();
  if (!open) return false;
  if (shift && rows !== null && (code === 'BracketLeft' || code === 'BracketRight')) {
    goTo((moment().t_s ?? Math.min(rows.ends_s, nowS())) + (code === 'BracketLeft' ? -1 : 1) * rows.row_s);
    return true;
  }
  if (code === 'BracketLeft') move(-1);
  else if (code === 'BracketRight') move(1);
  else if (code === 'Backslash' || code === 'IntlBackslash') backToNow();
  else if (code === 'Minus' || code === 'NumpadSubtract') zoom(1);
  else if (code === 'Equal' || code === 'NumpadAdd') zoom(-1);
  else return false;
  return true;
}

customElements.define('watch-over-time', WatchOverTime);
