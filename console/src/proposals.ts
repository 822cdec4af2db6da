/** The part of the card that says who could go, and who was sent. */

import { html, nothing, type TemplateResult } from 'lit';
import { askSend, arrivalWords, jobsOf, offered, type Job, type Offered } from './desk/respond.ts';
import { store } from './store.ts';
import { codeWords, ltr, t, type Words } from './strings.ts';
import { hourMinute } from './times.ts';
import type { Alert } from './types.ts';

/** Tasks first, because they are true; then what is proposed. Null when neither is known of this alert. */
export function responseCard(alert: Alert): TemplateResult | null {
  const options = offered(alert.id);
  const jobs = jobsOf(alert.id);
  if (options.length + jobs.length === 0) return null;
  const mayAny = options.some((one) => one.may);
  return html`
    ${jobs.length === 0 ? nothing : html`<div class="who" data-testid="tasks"><h2>${t('task.title')}</h2>${jobs.slice(-3).map(jobRow)}</div>`}
    ${options.length === 0
      ? nothing
      : html`<div class="who" data-testid="proposals">
          <h2>
            ${t('propose.title')}
            ${mayAny ? html`<button type="button" data-testid="send" @click=${askSend}><kbd>${'P'}</kbd>${t('propose.send')}</button>` : html`<span>${t('propose.not_yours')}</span>`}
          </h2>
          <ol class="offers">${options.map(offerRow)}</ol>
        </div>`}
  `;
}

function offerRow(one: Offered): TemplateResult {
  const unit = store.picture?.units.find((candidate) => candidate.id === one.unit);
  const notes: Words[] = [t('km.at', { km: (one.place.s_m / 1000).toFixed(1) })];
  if (one.chosen) notes.push(t('propose.best'));
  if (one.holds) notes.push(t('propose.holds'));
  if (one.into) notes.push(t('propose.into', { who: one.into }));
  if (one.uncovers) {
    const { from_km, to_km, before_s, then_s } = one.uncovers;
    const minutes = (s: number): string => (s < 0 ? '–' : String(Math.round(s / 60)));
    notes.push(t('propose.uncovers', { range: `${from_km.toFixed(0)}–${to_km.toFixed(0)}`, then: minutes(then_s), before: minutes(before_s) }));
  }
  for (const other of one.near ?? []) notes.push(t('propose.near', { who: other.who, m: Math.round(other.distance_m) }));
  return html`<li class=${one.chosen ? 'offer first' : 'offer'} data-testid="offer-${one.unit}">
    <p>
      <span class="wa">${ltr(one.unit)} ${unit ? html`<em>${codeWords('unit', unit.kind)}</em>` : nothing}</span>
      <span class="wt">${arrivalWords(one)}</span>
      <b>${t('propose.meets', { chance: `${Math.round(100 * one.chance)} %` })}</b>
    </p>
    <small>${notes.map((note, i) => html`${i > 0 ? ' · ' : ''}${note}`)}</small>
  </li>`;
}

function jobRow(job: Job): TemplateResult {
  const told = job.over ? undefined : job.told.at(-1);
  const unsent = !job.over && job.state === 'sent' && !job.sent.some((one) => one.link !== '');
  const report = job.reports.at(-1);
  const lines: Words[] = [t('task.by', { who: job.task.approval.operator })];
  if (!job.over && job.state !== 'on_scene') lines.push(t('task.expected', { time: hourMinute(job.task.option.arrives_s) }));
  if (report?.result) lines.push(codeWords('task_result', report.result));
  return html`<div class="job" data-testid="job-${job.task.task}" data-state=${job.state}>
    <p><span class="wa">${ltr(job.task.unit)}</span> <b>${codeWords('task_state', job.state)}</b> <span>${lines.map((line, i) => html`${i > 0 ? ' · ' : ''}${line}`)}</span></p>
    ${told === undefined && !unsent ? nothing : html`<p class="trouble">${codeWords('task_trouble', unsent ? 'not_sent' : told!.why)}</p>`}
    ${unsent ? html`<p class="say">${ltr(job.say)}</p>` : nothing}
  </div>`;
}
