/**
 * Who could answer an alert, and what was ordered: asked for every few seconds, approved by P and a digit.
 *
 * Rules: a proposal never looks like a task; only what the server calls a task is drawn as one. An approval names the
 * digest of the very option that was on the screen, so a proposal that changed meanwhile is refused, not obeyed.
 */

import { html } from 'lit';
import { order } from '../link.ts';
import { changed, nowS, on, selectedAlert, store } from '../store.ts';
import { ltr, t, type Words } from '../strings.ts';
import { hourMinute, minuteRange } from '../times.ts';
import { choose } from './choice.ts';

export interface Option {
  unit: string;
  place: { s_m: number; d_m: number };
  chance: number;
  early_s: number;
  arrives_s: number;
  late_s: number;
  route: [number, number][];
  uncovers?: { from_km: number; to_km: number; before_s: number; then_s: number } | null;
  near?: { who: string; what: string; distance_m: number }[];
  into?: string;
  chosen?: boolean;
  holds?: boolean;
}

/** One option as it stands on the screen: with the digest that approves it and whether this person may. */
export interface Offered extends Option {
  digest: string;
  may: boolean;
}

export interface Job {
  task: { task: string; unit: string; alert: string; option: Option; approval: { operator: string } };
  state: string;
  over: boolean;
  sent: { link: string }[];
  reports: { t_s: number; result?: string }[];
  told: { why: string; to: string; t_s: number }[];
  say: string;
}

export interface Respond {
  proposals: { proposal: { alert: string; options: Option[]; why?: string }; digests: string[]; may: boolean[] }[];
  tasks: Job[];
  units: { unit: string; not_free: string }[];
  uncovered: { stretches: { from_km: number; to_km: number; wait_s: number }[]; limit_s: number } | null;
}

const EVERY_MS = 3000;
/** As many as fit the card and the digits, and as many as anybody reads at night. */
const SHOWN = 4;

/** Asks again and again, and at once when a key of ours was taken. */
export function followRespond(): void {
  let asking = false;
  let closed = false; // to whoever sees a part of the line: asked once, not every few seconds
  const ask = async (): Promise<void> => {
    // Nothing of an exercise is ordered in reality, so there is nothing to ask for.
    if (asking || closed || store.link.state !== 'online' || store.hello === null || store.hello.exercise) return;
    asking = true;
    try {
      const answer = await fetch('api/respond', { signal: AbortSignal.timeout(10_000) });
      closed = answer.status === 403 && store.link.state === 'online';
      if (answer.ok) {
        store.respond = (await answer.json()) as Respond;
        changed('respond');
      }
    } catch {
      // The link says when the server is away; what was proposed stays, and its digest grows old with it.
    } finally {
      asking = false;
    }
  };
  setInterval(() => void ask(), EVERY_MS);
  on(['kept', 'link', 'hello'], () => void ask());
}

/** What is proposed for an alert: the one that serves all alerts best first, then by rank. */
export function offered(alertId: string): Offered[] {
  const found = store.respond?.proposals.find((one) => one.proposal.alert === alertId);
  if (found === undefined) return [];
  const all = found.proposal.options.map((option, i) => ({ ...option, digest: found.digests[i] ?? '', may: found.may[i] ?? false }));
  // Whoever was sent or fell silent since it was made is left out; the core makes it anew within a minute.
  const free = all.filter((one) => notFree(one.unit) === null);
  return [...free.filter((one) => one.chosen), ...free.filter((one) => !one.chosen)].slice(0, SHOWN);
}

/** Tasks for an alert, the newest last. */
export function jobsOf(alertId: string): Job[] {
  return store.respond?.tasks.filter((job) => job.task.alert === alertId) ?? [];
}

/** Tasks that are under way anywhere. */
export function underWay(): Job[] {
  return store.respond?.tasks.filter((job) => !job.over) ?? [];
}

/** Why a unit cannot be sent now, as a code of the catalogue; null when it can or nothing is known. */
export function notFree(unit: string): string | null {
  const why = store.respond?.units.find((one) => one.unit === unit)?.not_free;
  return why === undefined || why === '' ? null : why.replace(' ', '_');
}

/** P: whom to send, by one key more. Only what this person may approve is offered. */
export function askSend(): void {
  const alert = selectedAlert();
  if (alert === null) return;
  const options = offered(alert.id)
    .filter((one) => one.may)
    .map((one) => ({
      words: html`${ltr(one.unit)} ${arrivalWords(one)}`,
      take: () => order(alert.id, { ask: 'send', alert: alert.id, unit: one.unit, digest: one.digest }),
    }));
  choose({ title: t('propose.whom'), options, alertId: alert.id });
}

/** When it is there, never without its interval. */
export function arrivalWords(one: Option): Words {
  return t('propose.there', { time: hourMinute(one.arrives_s), range: minutesTo(one) });
}

/** In how many minutes it is there, early to late. */
export function minutesTo(one: Option): string {
  const now = nowS();
  return minuteRange(Math.max(0, one.early_s - now), Math.max(0, one.late_s - now));
}
