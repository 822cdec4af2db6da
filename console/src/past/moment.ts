/**
 * Any past moment on strip and map, in the place of the present: dragged to on the line over time, played, shared.
 *
 * Rules: queue, card and keys stay live, so that nothing open is missed meanwhile; what stands on strip and map is the
 * moment's alone and says so. As known now: from the rows on the screen, at once. As known then: asked of the ledger,
 * by who may open the audit, a little after the hand rests.
 */

import { present, showPast } from '../link.ts';
import { rowsHold, overTime, showUntil, toggleOverTime } from '../overtime/rows.ts';
import { changed, nowS, on, store } from '../store.ts';
import { workplaces } from '../workplaces.ts';
import { asTold, fromRows, type Told } from './reckon.ts';

export const SPEEDS = [1, 10, 60] as const;
const REST_MS = 200;

const view = { t_s: null as number | null, then: false, speed: 0 };
let timer = 0;
let asked = 0;

/** t_s: the moment shown, null for the present; then: as it was known then; speed: seconds a second, 0 while it stands. */
export function moment(): Readonly<typeof view> {
  return view;
}

export function mayKnowThen(): boolean {
  return workplaces().includes('audit');
}

export function goTo(t_s: number): void {
  const { rows } = overTime();
  if (rows === null || store.site === null) return;
  if (t_s >= Math.min(rows.ends_s, nowS())) return leave();
  view.t_s = Math.max(t_s, rows.begins_s ?? rows.from_s);
  draw();
  remember();
}

export function leave(): void {
  if (view.t_s === null) return;
  Object.assign(view, { t_s: null, speed: 0 });
  clearTimeout(timer);
  asked++;
  showPast(null);
  remember();
  changed('past');
}

export function knowThen(then: boolean): void {
  view.then = then && mayKnowThen();
  if (view.t_s !== null) draw();
  remember();
}

export function play(speed: number): void {
  view.speed = view.speed === speed ? 0 : speed;
  changed('past');
  let before = performance.now();
  const step = (at: number): void => {
    if (view.speed !== speed || view.t_s === null) return;
    goTo(view.t_s + ((at - before) / 1000) * speed);
    before = at;
    requestAnimationFrame(step);
  };
  if (view.speed !== 0) requestAnimationFrame(step);
}

function draw(): void {
  const { rows } = overTime();
  const [site, live] = [store.site, present().picture];
  if (rows === null || site === null || live === null || view.t_s === null) return;
  // What the rows say stands until the ledger has answered, and goes on with the hand meanwhile.
  showPast(fromRows(site, live, rows, view.t_s));
  changed('past');
  clearTimeout(timer);
  if (view.then) timer = window.setTimeout(() => void askThen(view.t_s!), REST_MS);
}

async function askThen(t_s: number): Promise<void> {
  const mine = ++asked;
  try {
    const answer = await fetch(`api/audit/moment?as_of_s=${t_s}&known_at_s=${t_s}`);
    if (!answer.ok || mine !== asked || view.t_s !== t_s) return;
    const told = (await answer.json()) as Told;
    const [site, live, { rows }] = [store.site, present().picture, overTime()];
    if (mine === asked && site !== null && live !== null && rows !== null) showPast(asTold(site, live, rows, t_s, told));
  } catch {
    // The link says when the server is away; what the rows say stands.
  }
}

/** The address names the moment, so that it is shared by sharing the address. */
export function addressOfMoment(): string {
  const address = new URL(location.href);
  for (const name of ['at', 'known']) address.searchParams.delete(name);
  if (view.t_s !== null) {
    address.searchParams.set('at', new Date(view.t_s * 1000).toISOString().slice(0, 19) + 'Z');
    if (view.then) address.searchParams.set('known', 'then');
  }
  return address.href;
}

let written = 0;
function remember(): void {
  clearTimeout(written);
  written = window.setTimeout(() => history.replaceState(null, '', addressOfMoment()), REST_MS);
}

/** Opens the moment that the address names, once the line and this person's rights are known. */
export function openShared(): void {
  const asked_s = Date.parse(new URLSearchParams(location.search).get('at') ?? '') / 1000;
  const then = new URLSearchParams(location.search).get('known') === 'then';
  if (!Number.isFinite(asked_s)) return;
  let done = false;
  const open = (): void => {
    if (done || store.site === null || store.hello === null || present().picture === null) return;
    done = true;
    toggleOverTime(true);
    void showUntil(asked_s).then(() => {
      if (!rowsHold(asked_s)) return;
      knowThen(then);
      goTo(asked_s);
    });
  };
  on(['site', 'hello', 'picture'], open);
}
