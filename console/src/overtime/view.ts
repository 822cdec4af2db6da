/** The strip's other face: the line over time. It takes the strip's place, so that kilometres stay where they were. */

import { html, nothing, type TemplateResult } from 'lit';
import { lineAt } from '../geo.ts';
import { rightToLeft } from '../prefs.ts';
import { lookAt, selectAlert, selectTrack, store, type Topic } from '../store.ts';
import { t, text, type Words } from '../strings.ts';
import { alongFor, headline } from '../strip.ts';
import { clockText, dayMonth } from '../times.ts';
import { Painted } from '../view.ts';
import { chartFor, paintOverTime, type Chart, type Hit } from './paint.ts';
import { move, onOverTime, overTime, SPANS_S, toggleOverTime, toNow, zoom, zoomTo } from './rows.ts';

const NEAR_PX = 12;

export class WatchOverTime extends Painted {
  protected readonly topics: Topic[] = ['site', 'picture', 'alerts', 'selection', 'link'];
  private chart: Chart | null = null;
  private hits: Hit[] = [];
  private pointed: { t_s: number; km: number } | null = null;

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
        <button type="button" aria-pressed=${end_s === null ? 'true' : 'false'} @click=${() => toNow()}><kbd>\\</kbd>${t('overtime.now')}</button>
        <span class="read" data-testid="overtime-read">${this.reading()}</span>
        <button type="button" class="away" data-testid="overtime-close" @click=${() => toggleOverTime(false)}><kbd>V</kbd>${t('overtime.close')}</button>
      </div>
      <canvas
        class="ot"
        data-testid="over-time"
        data-rows=${rows === null ? 0 : rows.in_view.length}
        role="img"
        aria-label=${summary()}
        style="width:${this.box.width}px;height:${this.box.height}px"
        @click=${(event: MouseEvent) => this.clicked(event)}
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

  private point(event: PointerEvent | null): void {
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
    if (place === null || site === null) return;
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

/** Takes a key that moves the view in time; false when it is none of them. */
export function stepInTime(code: string): boolean {
  if (!overTime().open) return false;
  if (code === 'BracketLeft') move(-1);
  else if (code === 'BracketRight') move(1);
  else if (code === 'Backslash' || code === 'IntlBackslash') toNow();
  else if (code === 'Minus' || code === 'NumpadSubtract') zoom(1);
  else if (code === 'Equal' || code === 'NumpadAdd') zoom(-1);
  else return false;
  return true;
}

customElements.define('watch-over-time', WatchOverTime);
