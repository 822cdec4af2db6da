/** What is set aside: shelved by people, explained by what is known. Nothing is suppressed without standing here. */

import { html, nothing, type TemplateResult } from 'lit';
import { wish } from '../link.ts';
import { selectAlert, selectTrack, store, type Topic } from '../store.ts';
import { codeWords, ltr, t } from '../strings.ts';
import { hourMinute } from '../times.ts';
import type { Alert, Desk } from '../types.ts';
import { View } from '../view.ts';
import { may } from './rights.ts';

export class DeskAside extends View {
  protected readonly topics: Topic[] = ['desk', 'hello', 'alerts'];

  protected override render(): TemplateResult {
    const { desk } = store;
    if (desk === null) return html`<p class="none">${t('drawer.loading')}</p>`;
    const held = [...store.alerts.values()].filter((alert) => alert.held !== null && alert.state !== 'closed');
    return html`<article>
        <h2>${t('aside.held')}</h2>
        <ol class="items">${held.map(keptBack)}</ol>
        ${held.length === 0 ? html`<p class="quiet">${t('aside.none_held')}</p>` : nothing}
      </article>
      <article>
        <h2>${t('aside.shelved')}</h2>
        <ol class="items">${desk.shelved.map(shelf)}</ol>
        ${desk.shelved.length === 0 ? html`<p class="quiet">${t('aside.none_shelved')}</p>` : nothing}
      </article>
      <article>
        <h2>${t('aside.explained')}</h2>
        <ol class="items">${desk.explained.map(explained)}</ol>
        ${desk.explained.length === 0 ? html`<p class="quiet">${t('aside.none_explained')}</p>` : nothing}
      </article>`;
  }
}

function keptBack(alert: Alert): TemplateResult {
  const { rule, by, until_s } = alert.held!;
  return html`<li data-testid="held-row">
    <button type="button" @click=${() => selectAlert(alert.id)}>${codeWords('alert', alert.kind)}</button>
    <span>${t('km.at', { km: (alert.s_m / 1000).toFixed(1) })}</span> <span>${t(`rule.${rule}`, { by })}</span>
    <span>${t('aside.until', { time: hourMinute(until_s) })}</span>
  </li>`;
}

function shelf(one: Desk['shelved'][number]): TemplateResult {
  const value = one.scope === 'kind' ? codeWords('alert', one.value) : one.scope === 'stretch' ? t('km.range', { range: one.value.replace(':', '–') }) : ltr(one.value);
  return html`<li data-testid="shelf">
    <b>${codeWords('shelved', one.scope)}</b> <span>${value}</span> <span>${codeWords('reason', one.reason)}</span> <span>${one.by}</span>
    <span>${t('aside.until', { time: hourMinute(one.until_s) })}</span>
    ${may('shelve') ? html`<button type="button" @click=${() => wish('shelve', { lift: one.id })}>${t('aside.lift')}</button>` : nothing}
  </li>`;
}

function explained(one: Desk['explained'][number]): TemplateResult {
  return html`<li data-testid="explained">
    <button type="button" @click=${() => selectTrack(one.track_id)}>${t('track.title', { id: String(one.track_id) })}</button>
    <span>${t('km.at', { km: (one.s_m / 1000).toFixed(1) })}</span> <span>${t(`explained.${one.rule}`, { by: one.by })}</span>
    ${one.state === 'promoted'
      ? html`<span>${t('aside.promoted')}</span>`
      : may('promote')
        ? html`<button type="button" @click=${() => wish('promote', { track_id: one.track_id })}>${t('aside.promote')}</button>`
        : nothing}
  </li>`;
}

customElements.define('desk-aside', DeskAside);
