/** The alert queue. Rows never move under a hand: while the pointer or the keys are at work here, the order stands. */

import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { causeWords, distanceWords, etaWords, firstOffered, kmWords, levelBars, stateWords, whoWords } from './alertwords.ts';
import { mine } from './desk/rights.ts';
import { keptFor } from './link.ts';
import { orderAlerts } from './order.ts';
import { nowS, on, selectAlert, store, version, type Topic } from './store.ts';
import { codeWords, ltr, t, text } from './strings.ts';
import { alertIcon } from './symbols.ts';
import { ageText } from './times.ts';
import type { Alert } from './types.ts';
import { exerciseMark, View } from './view.ts';

/** An untouched queue sorts itself again after this; a pointer that rests on it may be about to press. */
const HOLD_MS = 5_000;
const HOLD_UNDER_POINTER_MS = 20_000;
const MOST_CLOSED = 30;
/** Only rows in sight are in the document, and as many before and after: a flood costs what a calm night does. */
const ROW_PX = 94;
const BESIDE = 6;

export class WatchQueue extends View {
  protected readonly topics: Topic[] = ['alerts', 'selection', 'kept', 'link', 'picture', 'hello', 'respond'];
  private held: string[] | null = null;
  private release = 0;
  private order: Alert[] = [];
  private hadFocus = false;
  private sorted: { from: readonly unknown[]; order: Alert[] } | null = null;
  /** First row in the document and the one after the last; what a row takes on the average, of those that were drawn. */
  private slice: [number, number] = [0, 24];
  private row_px = ROW_PX;
  private measured = -1;
  private sight = { top: 0, height: 24 * ROW_PX };

  override connectedCallback(): void {
    super.connectedCallback();
    setInterval(() => this.requestUpdate(), 1000);
    const size = new ResizeObserver(() => this.looked());
    size.observe(this);
    this.during(() => size.disconnect());
    on('selection', () => void this.updateComplete.then(() => this.showSelected()));
  }

  /** The order as shown now; what Up and Down walk through. */
  shown(): Alert[] {
    return this.order;
  }

  /** Called on every touch: pointer over the list, or a key that walks through it. */
  hold(for_ms = HOLD_MS): void {
    this.held ??= this.order.map((alert) => alert.id);
    clearTimeout(this.release);
    this.release = window.setTimeout(() => {
      this.held = null;
      this.requestUpdate();
    }, for_ms);
  }

  /** Keyboard: the next or previous row becomes the selected one and takes the focus if the queue had it. */
  step(by: number): void {
    this.hold();
    const at = this.order.findIndex((alert) => alert.id === store.selection.alertId);
    const next = this.order[Math.min(this.order.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (next === undefined) return;
    selectAlert(next.id);
    this.showSelected();
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('.q.sel')?.focus());
  }

  protected override willUpdate(): void {
    this.hadFocus = this.querySelector('ol')?.contains(document.activeElement) ?? false;
    const from = [version('alerts'), store.selection.alertId, this.held, store.hello];
    if (this.sorted === null || !this.sorted.from.every((one, i) => one === from[i])) this.sorted = { from, order: this.visible() };
    this.order = this.sorted.order;
    this.slice = this.inSight();
  }

  private inSight(): [number, number] {
    const first = Math.max(0, Math.floor(this.sight.top / this.row_px) - BESIDE);
    return [first, first + Math.ceil(this.sight.height / this.row_px) + 2 * BESIDE];
  }

  /** Reads where the list stands; only when it has moved, because to ask is to lay the page out. */
  private looked(): void {
    const list = this.querySelector('ol');
    if (list !== null) this.sight = { top: list.scrollTop, height: list.clientHeight };
    const [first, last] = this.inSight();
    if (first !== this.slice[0] || last !== this.slice[1]) this.requestUpdate();
  }

  protected override updated(): void {
    if (this.measured !== this.slice[0] && this.order.length > this.slice[1]) {
      this.measured = this.slice[0];
      const rows = this.querySelectorAll<HTMLElement>('.q');
      const [one, last] = [rows[0], rows[rows.length - 1]];
      if (one !== undefined && last !== undefined) this.row_px = Math.max(40, (last.offsetTop + last.offsetHeight - one.offsetTop) / rows.length);
    }
    // Moving a row in the document takes its focus away; give it back to the same alert.
    if (this.hadFocus && document.activeElement === document.body) this.querySelector<HTMLElement>('.q.sel')?.focus({ preventScroll: true });
  }

  private visible(): Alert[] {
    const all = orderAlerts(store.alerts.values(), this.held).filter((alert) => (mine(alert) && alert.held === null) || alert.id === store.selection.alertId);
    let closed = 0;
    return all.filter((alert) => alert.state !== 'closed' || alert.id === store.selection.alertId || ++closed <= MOST_CLOSED);
  }

  private showSelected(): void {
    const at = this.order.findIndex((alert) => alert.id === store.selection.alertId);
    const list = this.querySelector('ol');
    // A row that is not in the document is brought near first; then it is drawn and shown to the pixel.
    if (list !== null && at >= 0 && (at < this.slice[0] || at >= this.slice[1])) {
      list.scrollTop = at * this.row_px - this.sight.height / 2;
      this.looked();
    }
    void this.updateComplete.then(() => this.querySelector('.q.sel')?.scrollIntoView({ block: 'nearest' }));
  }

  protected override render(): TemplateResult {
    const living = this.order.filter((alert) => alert.state !== 'closed').length;
    const open = this.order.filter((alert) => alert.state === 'open').length;
    const heldBack = this.held === null ? 0 : this.order.filter((alert) => !this.held!.includes(alert.id)).length;
    const others = [...store.alerts.values()].filter((alert) => !mine(alert));
    const held = [...store.alerts.values()].filter((alert) => mine(alert) && alert.held !== null && alert.id !== store.selection.alertId).length;
    const elsewhere = others.filter((alert) => alert.state !== 'closed').length;
    const more = store.alerts.size - others.length - held - this.order.filter(mine).length;
    const [first, last] = this.slice;
    return html`
      <h2>
        ${t('queue.title')} ${exerciseMark()}
        ${store.alertsKnown ? html`<span>${t('queue.counts', { all: living, open })}</span>` : html`<span>–</span>`}
        ${heldBack > 0 ? html`<span class="fresh">${t('queue.waiting', { n: heldBack })}</span>` : nothing}
      </h2>
      ${this.order.length === 0
        ? this.empty()
        : html`<ol role="listbox" aria-label=${text('queue.label')} @pointermove=${() => this.hold(HOLD_UNDER_POINTER_MS)} @pointerdown=${() => this.hold(HOLD_UNDER_POINTER_MS)} @pointerleave=${() => this.hold(0)} @scroll=${() => this.looked()}>
            ${this.gap(first)} ${repeat(this.order.slice(first, last), (alert) => alert.id, (alert, i) => this.row(alert, first + i))} ${this.gap(this.order.length - last)}
            ${held > 0 ? html`<li class="more" role="presentation" data-testid="held">${t('queue.held', { n: held })}</li>` : nothing}
            ${elsewhere > 0 ? html`<li class="more" role="presentation" data-testid="elsewhere">${t('queue.elsewhere', { n: elsewhere })}</li>` : nothing}
            ${more > 0 ? html`<li class="more" role="presentation">${t('queue.more_closed', { n: more })}</li>` : nothing}
          </ol>`}
    `;
  }

  private gap(rows: number): TemplateResult | typeof nothing {
    return rows <= 0 ? nothing : html`<li class="gap" role="presentation" style="height:${Math.round(rows * this.row_px)}px"></li>`;
  }

  private empty(): TemplateResult {
    if (!store.alertsKnown) return html`<p class="none">${t('queue.loading')}</p>`;
    const watched = store.picture?.watched ?? null;
    return html`<div class="none">
      <p>${t('queue.none')}</p>
      <p>${watched === null ? t('queue.none_unknown') : t('queue.none_watched', { share: `${Math.floor(100 * watched)} %` })}</p>
    </div>`;
  }

  private row(alert: Alert, place: number): TemplateResult {
    const chosen = alert.id === store.selection.alertId;
    const waiting = keptFor(alert.id);
    const tone = alert.state === 'closed' ? 'closed' : alert.kind === 'distress' ? 'sos' : alert.state === 'open' ? 'open' : 'quiet';
    const who = alert.kind === 'sensor_dark' || alert.kind === 'fence_touched' ? null : whoWords(alert);
    const eta = etaWords(alert);
    const first = firstOffered(alert);
    const sensor = alert.sensors[0];
    const pulls = alert.facts.find((fact) => fact.text_key === 'fact.fence');
    return html`<li
      class="q ${tone} ${chosen ? 'sel' : ''}"
      role="option"
      tabindex=${chosen ? 0 : -1}
      aria-selected=${chosen ? 'true' : 'false'}
      aria-setsize=${this.order.length}
      aria-posinset=${place + 1}
      aria-keyshortcuts="Enter"
      data-testid="alert-row"
      data-alert-id=${alert.id}
      data-state=${alert.state}
      @click=${(event: Event) => {
        selectAlert(alert.id);
        (event.currentTarget as HTMLElement).focus();
      }}
    >
      <div class="q1">
        ${alertIcon(alert.kind)}<b>${codeWords('alert', alert.kind)}</b>
        <span class="age">${ltr(ageText(nowS() - alert.first_s))}</span>
      </div>
      <div class="q2">
        <span>${kmWords(alert)}${who === null ? nothing : html` · ${who}`}${eta === null ? nothing : html` ·`}</span> <span>${eta ?? nothing}</span>
        ${alert.kind === 'sensor_dark' && sensor ? html` · ${ltr(sensor)}` : nothing}
        ${alert.kind === 'fence_touched' && pulls ? html` · ${t(pulls.text_key, pulls.args)}` : nothing}
      </div>
      <div class="q3"><span class="lkg">${levelBars(alert)}</span><span>${alert.kind === 'sensor_dark' ? causeWords(alert) : distanceWords(alert)}</span></div>
      <div class="q4">
        <span>${first ?? nothing}</span>
        <span class="st">${waiting === null ? stateWords(alert) : store.link.state === 'online' ? t('state.sending') : t('state.kept')}</span>
      </div>
    </li>`;
  }
}

customElements.define('watch-queue', WatchQueue);
