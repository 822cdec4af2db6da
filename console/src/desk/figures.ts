/** The desk in figures: how often alerts are true, how many come, how soon they are answered, whether p came true. */

import { html, nothing, svg, type TemplateResult } from 'lit';
import { store, type Topic } from '../store.ts';
import { codeWords, ltr, t, text, type Words } from '../strings.ts';
import type { DeskFigures as Answer, Group } from '../types.ts';
import { View } from '../view.ts';

const AGAIN_MS = 30_000;
const WINDOWS_H = [1, 12, 24, 168] as const;
const SENSORS = 10; // bad actors first; the rest is in the ledger
const SIDE = 220;
/** Beyond this the probabilities that were said are not the ones that came true (Spiegelhalter). */
const Z_MOST = 3;

export class DeskFigures extends View {
  protected readonly topics: Topic[] = ['desk', 'hello'];
  private hours: number = 12;
  private answer: Answer | null = null;
  private timer = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.fetch();
    this.timer = window.setInterval(() => void this.fetch(), AGAIN_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  private async fetch(): Promise<void> {
    try {
      const answer = await fetch(`api/figures?hours=${this.hours}`);
      if (answer.ok) this.answer = (await answer.json()) as Answer;
    } catch {
      return; // the last ones stand, and the line under the head says that there is no connection
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const { answer } = this;
    return html`<div class="row" role="group" aria-label=${text('figures.window')}>
        ${WINDOWS_H.map(
          (hours) => html`<button type="button" aria-pressed=${hours === this.hours ? 'true' : 'false'} @click=${() => this.look(hours)}><span>${t('figures.hours', { h: hours })}</span></button>`,
        )}
      </div>
      ${answer === null ? html`<p class="none">${t('drawer.loading')}</p>` : this.body(answer)}`;
  }

  private look(hours: number): void {
    this.hours = hours;
    void this.fetch();
  }

  private body({ figures, reliability }: Answer): TemplateResult {
    const worst = [...figures.by_sensor].sort((a, b) => b.alerts - a.alerts).slice(0, SENSORS);
    return html`<p class="big-figures" data-testid="figures">
        <span><b>${ltr(figures.alerts)}</b> ${t('figures.alerts')}</span>
        <span><b>${ltr(figures.per_10_min.toFixed(2))}</b> ${t('figures.per_10_min')}</span>
        <span><b>${ltr(`${(100 * figures.flooded).toFixed(1)} %`)}</b> ${t('figures.flooded')}</span>
        <span><b>${ltr(figures.escalated)}</b> ${t('figures.told')}</span>
      </p>
      ${table(t('figures.by_level'), figures.by_level, (name) => t(`level.${name}`))} ${table(t('figures.by_desk'), figures.by_desk, (name) => name)}
      ${table(t('figures.by_kind'), figures.by_kind, (name) => codeWords('alert', name))} ${table(t('figures.by_sensor'), worst, (name) => ltr(name))}
      <article>
        <h2>${t('figures.causes')}</h2>
        ${figures.causes.length === 0
          ? html`<p class="quiet">${t('figures.no_causes')}</p>`
          : html`<ol class="items">${figures.causes.map(([cause, n]) => html`<li><b>${causeOrCode(cause)}</b> <span>${ltr(n)}</span></li>`)}</ol>`}
      </article>
      ${diagram(reliability)} ${score()}`;
  }
}

function causeOrCode(code: string): Words {
  return ['nuisance', 'environment', 'false', 'own'].includes(code) ? codeWords('disposition', code) : codeWords('why_not', code);
}

function table(title: Words, groups: Group[], name: (code: string) => Words): TemplateResult | typeof nothing {
  if (groups.length === 0) return nothing;
  return html`<table>
    <caption>${title}</caption>
    <thead>
      <tr><th></th><th>${t('figures.alerts')}</th><th>${t('figures.known')}</th><th>${t('figures.true')}</th><th>${t('figures.interval')}</th><th>${t('figures.answer')}</th></tr>
    </thead>
    <tbody>
      ${groups.map(
        (one) => html`<tr>
          <th scope="row">${name(one.name)}</th>
          <td>${ltr(one.alerts)}</td>
          <td>${ltr(one.known)}</td>
          <td>${one.p === null ? '–' : ltr(one.p.toFixed(2))}</td>
          <td>${one.p === null ? '–' : ltr(`${one.p_least.toFixed(2)}–${one.p_most.toFixed(2)}`)}</td>
          <td>${one.answer_s === null ? '–' : t('figures.seconds', { half: one.answer_s.toFixed(0), most: (one.answer_95_s ?? one.answer_s).toFixed(0) })}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** What was said against what came true; on the diagonal they agree. The drawing runs left to right in every language. */
function diagram({ bins, z, brier, count }: Answer['reliability']): TemplateResult {
  const x = (p: number): number => p * SIDE;
  const y = (p: number): number => SIDE - p * SIDE;
  return html`<article class="reliability" data-testid="reliability">
    <h2>${t('figures.reliability')}</h2>
    ${count === 0
      ? html`<p class="quiet">${t('figures.no_reliability')}</p>`
      : html`<svg viewBox="-30 -8 ${SIDE + 40} ${SIDE + 34}" role="img" aria-label=${text('figures.reliability')}>
            <path class="axis" d="M0 0V${SIDE}H${SIDE}" />
            <path class="same" d="M0 ${SIDE}L${SIDE} 0" />
            ${bins.map(
              (bin) => svg`<path class="spread" d="M${x(bin.forecast)} ${y(bin.low / bin.trials)}V${y(bin.high / bin.trials)}" /><circle cx=${x(bin.forecast)} cy=${y(bin.happened / bin.trials)} r=${2.5 + Math.min(6, Math.sqrt(bin.trials))} />`,
            )}
            ${[0, 0.5, 1].map((tick) => svg`<text x=${x(tick)} y=${SIDE + 14} text-anchor="middle">${tick}</text><text x="-6" y=${y(tick) + 4} text-anchor="end">${tick}</text>`)}
          </svg>
          <p>
            ${t('figures.axes')}<br />${t('figures.z', { n: count, brier: brier === null ? '–' : brier.toFixed(3), z: z === null ? '–' : z.toFixed(2) })}
            ${z !== null && Math.abs(z) > Z_MOST ? html`<b class="need">${t('figures.z_wrong')}</b>` : nothing}
          </p>`}
  </article>`;
}

/** A person's own score on seeded tests; nobody else's is ever sent to a screen. */
function score(): TemplateResult | typeof nothing {
  const own = store.desk?.score;
  if (own === undefined || own.shown === 0) return nothing;
  return html`<article>
    <h2>${t('figures.score')}</h2>
    <p>${t('figures.score_of', { answered: own.answered, shown: own.shown, s: own.answer_s === null ? '–' : own.answer_s.toFixed(0) })}</p>
    <p class="quiet">${t('figures.score_note')}</p>
  </article>`;
}

customElements.define('desk-figures', DeskFigures);
