/** Seats and the exercise. The exercise has its own page, session and alerts; from here there is only a way to it. */

import { html, nothing, type TemplateResult } from 'lit';
import { wish } from '../link.ts';
import { store, type Topic } from '../store.ts';
import { codeWords, t } from '../strings.ts';
import { clockText } from '../times.ts';
import type { Desk } from '../types.ts';
import { View } from '../view.ts';
import { may } from './rights.ts';

const SCENARIOS = ['quiet', 'storm', 'distress', 'mass'] as const;

export class DeskPractice extends View {
  protected readonly topics: Topic[] = ['desk', 'hello'];
  private address = '';

  protected override render(): TemplateResult {
    const { desk, hello } = store;
    if (desk === null || hello === null) return html`<p class="none">${t('drawer.loading')}</p>`;
    return html`${hello.exercise ? this.course(desk) : html`<article><h2>${t('practice.title')}</h2><p>${t('practice.apart')}</p></article>`} ${this.seats(desk, hello.exercise)}`;
  }

  private course(desk: Desk): TemplateResult {
    const { run } = desk;
    return html`<article>
      <h2>${t('practice.title')}</h2>
      ${run === null
        ? html`<p>${t('practice.none')}</p>`
        : html`<p>${t('practice.under_way', { scenario: codeWords('scenario', run.scenario), by: run.by, time: clockText(run.t_s), n: run.alerts })}</p>`}
      ${!may('exercise')
        ? nothing
        : run === null
          ? html`<div class="row">
              ${SCENARIOS.map(
                (scenario) => html`<button type="button" data-testid="practise-${scenario}" @click=${() => wish('practise', { state: 'started', scenario, number: crypto.getRandomValues(new Uint32Array(1))[0] })}>${codeWords('scenario', scenario)}</button>`,
              )}
            </div>`
          : html`<button type="button" @click=${() => wish('practise', { state: 'ended' })}>${t('practice.end')}</button>`}
    </article>`;
  }

  private seats(desk: Desk, exercise: boolean): TemplateResult | typeof nothing {
    if (!may('seat')) return nothing;
    return html`<article>
      <h2>${t('seats.title')}</h2>
      <p class="quiet">${t('seats.note')}</p>
      <ol class="items">
        ${desk.people.map(
          (person) => html`<li>
            <b>${person.name}</b> <span>${codeWords('role', person.role)}</span> <span>${person.desk}</span>
            ${exercise ? nothing : html`<button type="button" @click=${() => void this.open(person.name, false)}>${t('seats.desk')}</button>`}
            <button type="button" data-testid="practise-${person.name}" @click=${() => void this.open(person.name, true)}>${t('seats.exercise')}</button>
          </li>`,
        )}
      </ol>
      ${this.address === '' ? nothing : html`<p><label>${t('seats.address')} <input class="address" readonly .value=${this.address} @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()} /></label></p>`}
    </article>`;
  }

  /** An exercise opens beside; another person's real screen must be opened where that person sits, so its link is shown. */
  private async open(person: string, exercise: boolean): Promise<void> {
    const answer = await fetch('api/seats', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ person, exercise }) });
    const said = (await answer.json().catch(() => null)) as { path?: string } | null;
    if (!answer.ok || said?.path === undefined) return;
    this.address = new URL(said.path, location.origin).href;
    this.requestUpdate();
  }
}

customElements.define('desk-practice', DeskPractice);
