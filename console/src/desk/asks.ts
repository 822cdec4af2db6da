/** What the letters of the desk ask for: a line of the log, a cause, another desk, a shelf, a group that arrives. */

import { act, wish } from '../link.ts';
import { selectedAlert, store } from '../store.ts';
import { codeWords, t, type Words } from '../strings.ts';
import type { Alert, Cause } from '../types.ts';
import { kilometre } from '../strip.ts';
import { choose } from './choice.ts';
import { offered } from './respond.ts';
import { may } from './rights.ts';

const CAUSES: Record<'nuisance' | 'environment', readonly Cause[]> = {
  nuisance: ['shepherd', 'animal', 'vehicle', 'works', 'fault', 'other'],
  environment: ['wind', 'rain', 'dust', 'heat', 'other'],
};
const SHELF_S = 3600;
const STRETCH_KM = 1;
const AT_ALERT_KM = 2;
/** As they are written into the ledger: one language, whoever reads it later. */
const REASONS = ['repair', 'wind', 'herd', 'works'] as const;
const BANDS: readonly [least: number, most: number | null][] = [[1, 9], [10, 49], [50, 199], [200, null]];
const NEEDS: readonly (readonly string[])[] = [['water'], ['medics'], ['reception'], ['water', 'medics', 'reception']];

/** Two keys: J and a digit. */
export function askPhrase(): void {
  if (!may('write')) return;
  const alert = selectedAlert();
  const options = (store.desk?.phrases ?? []).map((phrase) => ({
    words: phraseWords(phrase),
    take: () => wish('write', { phrase: phrase.id, alert: alert?.id ?? '', unit: alert === null ? '' : (offered(alert.id)[0]?.unit ?? '') }),
  }));
  choose({ title: t('ask.phrase'), options, alertId: null });
}

export function phraseWords(phrase: { id: string; text: string }): Words {
  return phrase.text === '' ? codeWords('phrase', phrase.id) : phrase.text;
}

/** After N or E: why, with one more key; without it the last word stands as it is. */
export function askCause(alert: Alert, code: 'nuisance' | 'environment'): void {
  const options = CAUSES[code].map((cause) => ({ words: codeWords('why_not', cause), take: () => act(alert.id, 'disposition', { code, cause }) }));
  choose({ title: t('ask.cause'), options, alertId: null });
}

export function askDesk(): void {
  const alert = selectedAlert();
  if (alert === null || !may('hand')) return;
  const others = (store.desk?.desks ?? []).filter((desk) => desk.id !== alert.desk);
  const options = others.map((desk) => ({ words: desk.id, take: () => act(alert.id, 'hand', { desk: desk.id }) }));
  choose({ title: t('ask.desk'), options, alertId: alert.id });
}

export function askShelf(): void {
  const alert = selectedAlert();
  if (alert === null || alert.kind === 'distress' || !may('shelve')) return;
  const km = alert.s_m / 1000;
  const range = `${Math.max(0, km - STRETCH_KM).toFixed(1)}:${(km + STRETCH_KM).toFixed(1)}`;
  const sensor = alert.sensors[0];
  const scopes: [string, string, Words][] = [
    ...(sensor === undefined ? [] : [['sensor', sensor, t('shelf.sensor', { sensor })] as [string, string, Words]]),
    ['kind', alert.kind, t('shelf.kind', { kind: codeWords('alert', alert.kind) })],
    ['stretch', range, t('shelf.stretch', { range: range.replace(':', '–') })],
  ];
  const options = scopes.map(([scope, value, words]) => ({ words, take: () => askReason(scope, value, alert.id) }));
  choose({ title: t('ask.shelf'), options, alertId: alert.id });
}

function askReason(scope: string, value: string, alertId: string): void {
  const options = REASONS.map((reason) => ({ words: codeWords('reason', reason), take: () => wish('shelve', { scope, value, reason, seconds: SHELF_S }) }));
  choose({ title: t('ask.reason'), options, alertId });
}

/** Three keys: G, about how many, what they need. The place is the middle of the map; near the selected alert, its own. */
export function askGroup(): void {
  if (!may('write')) return;
  const alert = selectedAlert();
  const km = kilometre();
  const [s_m, d_m] = alert !== null && Math.abs(alert.s_m / 1000 - km) < AT_ALERT_KM ? [alert.s_m, alert.d_m] : [1000 * km, 0];
  const at = t('km.at', { km: (s_m / 1000).toFixed(1) });
  const options = BANDS.map(([least, most]) => ({
    words: t('group.people', { range: most === null ? `${least}+` : `${least}–${most}` }),
    take: () => askNeeds({ s_m, d_m, people_least: least, people_most: most }),
  }));
  choose({ title: t('ask.group', { at }), options, alertId: null });
}

function askNeeds(group: Record<string, unknown>): void {
  const options = NEEDS.map((needs) => ({
    words: needs.length > 1 ? t('group.all') : codeWords('need', needs[0] ?? ''),
    take: () => wish('arrive', { ...group, needs }),
  }));
  choose({ title: t('ask.needs'), options, alertId: null });
}
