/** The alert queue. Rows never move under a hand: while the pointer or the keys are at work here, the order stands. */

import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { causeWords, distanceWords, etaWords, firstNearest, kmWords, levelBars, stateWords, whoWords } from './alertwords.ts';
import { mine } from './desk/rights.ts';
import { keptFor } from './link.ts';
import { orderAlerts } from './order.ts';
import { nowS, on, selectAlert, store, type Topic } from './store.ts';
import { codeWords, ltr, t, text } from './strings.ts';
import { alertIcon } from './symbols.ts';
import { ageText } from './times.ts';
import type { Alert } from './types.ts';
import { exerciseMark, View } from './view.ts';

/** An untouched queue sorts itself again after this; a pointer that rests on it may be about to press. */
const HOLD_MS = 5_000;
const HOLD_UNDER_POINTER_MS = 20_000;
const MOST_CLOSED = 30;

export class WatchQueue extends View {
  protected readonly topics: Topic[] = ['alerts', 'selection', 'kept', 'link', 'picture', 'hello'];
  private held: string[] | null = null;
  private release = 0;
  private order: Alert[] = [];
  private hadFocus = false;

  override connectedCallback(): void {
    super.connectedCallback();
    setInterval(() => this.requestUpdate(), 1000);
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
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('.q.sel')?.focus());
  }

  protected override willUpdate(): void {
    this.hadFocus = this.querySelector('ol')?.contains(document.activeElement) ?? false;
    this.order = this.visible();
  }

  protected override updated(): void {
    // Moving a row in the document takes its focus away; give it back to the same alert.
    if (this.hadFocus && document.activeElement === document.body) this.querySelector<HTMLElement>('.q.sel')?.focus({ preventScroll: true });
  }

  private visible(): Alert[] {
    const all = orderAlerts(store.alerts.values(), this.held).filter((alert) => (mine(alert) && alert.held === null) || alert.id === store.selection.alertId);
    let closed = 0;
    return all.filter((alert) => alert.state !== 'closed' || alert.id === store.selection.alertId || ++closed <= MOST_CLOSED);
  }

  private showSelected(): void {
    this.querySelector('.q.sel')?.scrollIntoView({ block: 'nearest' });
  }

  protected override render(): TemplateResult {
    const living = this.order.filter((alert) => alert.state !== 'closed').length;
    const open = this.order.filter((alert) => alert.state === 'open').length;
    const heldBack = this.held === null ? 0 : this.order.filter((alert) => !this.held!.includes(alert.id)).length;
    const others = [...store.alerts.values()].filter((alert) => !mine(alert));
    const held = [...store.alerts.values()].filter((alert) => mine(alert) && alert.held !== null && alert.id !== store.selection.alertId).length;
    const elsewhere = others.filter((alert) => alert.state !== 'closed').length;
    const more = store.alerts.size - others.length - held - this.order.filter(mine).length;
    return html`
      <h2>
        ${t('queue.title')} ${exerciseMark()}
        ${store.alertsKnown ? html`<span>${t('queue.counts', { all: living, open })}</span>` : html`<span>–</span>`}
        ${heldBack > 0 ? html`<span class="fresh">${t('queue.waiting', { n: heldBack })}</span>` : nothing}
      </h2>
      ${this.order.length === 0
        ? this.empty()
        : html`<ol role="listbox" aria-label=${text('queue.label')} @pointermove=${() => this.hold(HOLD_UNDER_POINTER_MS)} @pointerdown=${() => this.hold(HOLD_UNDER_POINTER_MS)} @pointerleave=${() => this.hold(0)}>
            ${repeat(this.order, (alert) => alert.id, (alert) => this.row(alert))}
            ${held > 0 ? html`<li class="more" role="presentation" data-testid="held">${t('queue.held', { n: held })}</li>` : nothing}
            ${elsewhere > 0 ? html`<li class="more" role="presentation" data-testid="elsewhere">${t('queue.elsewhere', { n: elsewhere })}</li>` : nothing}
            ${more > 0 ? html`<li class="more" role="presentation">${t('queue.more_closed', { n: more })}</li>` : nothing}
          </ol>`}
    `;
  }

  private empty(): TemplateResult {
    if (!store.alertsKnown) return html`<p class="none">${t('queue.loading')}</p>`;
    const watched = store.picture?.watched ?? null;
    return html`<div class="none">
      <p>${t('queue.none')}</p>
      <p>${watched === null ? t('queue.none_unknown') : t('queue.none_watched', { share: `${Math.floor(100 * watched)} %` })}</p>
    </div>`;
  }

  private row(alert: Alert): TemplateResult {
    const chosen = alert.id === store.selection.alertId;
    const waiting = keptFor(alert.id);
    const tone = alert.state === 'closed' ? 'closed' : alert.kind === 'distress' ? 'sos' : alert.state === 'open' ? 'open' : 'quiet';
    const who = alert.kind === 'sensor_dark' || alert.kind === 'fence_touched' ? null : whoWords(alert);
    const eta = etaWords(alert);
    const nearest = firstNearest(alert);
    const sensor = alert.sensors[0];
    const pulls = alert.facts.find((fact) => fact.text_key === 'fact.fence');
    return html`<li
      class="q ${tone} ${chosen ? 'sel' : ''}"
      role="option"
      tabindex=${chosen ? 0 : -1}
      aria-selected=${chosen ? 'true' : 'false'}
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
        <span>${nearest ?? nothing}</span>
        <span class="st">${waiting === null ? stateWords(alert) : store.link.state === 'online' ? t('state.sending') : t('state.kept')}</span>
      </div>
    </li>`;
  }
}

customElements.define('watch-queue', WatchQueue);
