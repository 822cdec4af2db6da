/** What is said about an alert, once for queue, card and the voice of a screen reader. */

import { html, nothing, type TemplateResult } from 'lit';
import { minutesTo, offered } from './desk/respond.ts';
import { nowS } from './store.ts';
import { codeText, codeWords, hasText, ltr, t, text, type Words } from './strings.ts';
import { hourMinute } from './times.ts';
import type { Alert } from './types.ts';

/** "2 on foot": how many of what; null when neither is known. */
export function whoWords(alert: Alert): Words | null {
  if (alert.class === null && alert.count === null) return null;
  const kind = alert.class ?? 'unknown';
  const n = Math.max(1, Math.round(alert.count ?? 1));
  return hasText(`who.${kind}.other`) ? t(`who.${kind}`, { n }) : t('who.unknown', { n });
}

export function whoText(alert: Alert): string {
  const kind = alert.class ?? 'unknown';
  const n = Math.max(1, Math.round(alert.count ?? 1));
  return text(hasText(`who.${kind}.other`) ? `who.${kind}` : 'who.unknown', { n });
}

export function kmWords(alert: Alert): Words {
  return t('km.at', { km: (alert.s_m / 1000).toFixed(1) });
}

/** Distance to the line, or which side, in the unit in which it is spoken. */
export function distanceWords(alert: Alert): Words {
  const metres = alert.distance_m ?? Math.abs(alert.d_m);
  if (metres < 50) return t('distance.at_line');
  const home = alert.d_m > 0;
  if (metres >= 1000) return t(home ? 'distance.home.km' : 'distance.outside.km', { d: (metres / 1000).toFixed(metres < 10_000 ? 2 : 1) });
  return t(home ? 'distance.home.m' : 'distance.outside.m', { d: String(Math.round(metres / 10) * 10) });
}

export function levelBars(alert: Alert): TemplateResult {
  const level = Math.min(4, Math.max(0, Math.round(alert.level)));
  return html`<span class="lk" aria-hidden="true">${[1, 2, 3, 4].map((i) => html`<i class=${i <= level ? 'on' : ''}></i>`)}</span>
    <span class="lkw">${levelWord(level)}${alert.p === null ? nothing : html` ${ltr(alert.p.toFixed(2))}`}</span>`;
}

function levelWord(level: number): Words {
  const words: Record<number, Words> = { 1: t('level.1'), 2: t('level.2'), 3: t('level.3'), 4: t('level.4') };
  return words[level] ?? t('unknown');
}

export function stateWords(alert: Alert): Words {
  switch (alert.state) {
    case 'open':
      return alert.told.length === 0 ? t('state.open') : t('state.told', { who: codeWords('told', alert.told.at(-1)!.to) });
    case 'deferred':
      return t('state.deferred', { time: alert.defer_until_s === null ? '–' : hourMinute(alert.defer_until_s) });
    case 'closed':
      if (alert.test !== null) return t('state.test');
      return alert.disposition === null ? t('state.closed') : codeWords('disposition', alert.disposition.code);
    case 'acknowledged':
      return alert.acknowledged === null
        ? t('state.acknowledged')
        : t('state.acknowledged_by', { by: alert.acknowledged.by, time: hourMinute(alert.acknowledged.t_s) });
  }
}

/** Who would be proposed first, and in how many minutes they would be there; null when nobody is. */
export function firstOffered(alert: Alert): Words | null {
  const first = offered(alert.id)[0];
  return first === undefined ? null : html`${ltr(first.unit)} ${t('span.minutes', { range: minutesTo(first) })}`;
}

/** When at the line, in words for the queue; null when no crossing is expected or it has passed. */
export function etaWords(alert: Alert): Words | null {
  const at = alert.eta?.t50_s ?? null;
  if (at === null) return null;
  return at >= nowS() - 60 ? t('eta.at', { time: hourMinute(at) }) : t('eta.passed', { time: hourMinute(at) });
}

/** One sentence for those who listen. */
export function spoken(alert: Alert): string {
  const parts = [codeText('alert', alert.kind), text('km.at', { km: (alert.s_m / 1000).toFixed(1) })];
  if (alert.kind !== 'sensor_dark' && alert.kind !== 'fence_touched') parts.push(whoText(alert));
  if (alert.eta?.t50_s) parts.push(text('eta.at', { time: hourMinute(alert.eta.t50_s) }));
  parts.push(codeText('state', alert.state));
  return parts.join(', ');
}

/** Why a sensor went dark, as far as a fact says so. */
export function causeWords(alert: Alert): Words {
  const cause = alert.facts.find((fact) => fact.text_key === 'fact.cause')?.args['cause'];
  return typeof cause === 'string' ? codeWords('cause', cause) : '';
}
