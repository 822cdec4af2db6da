/** What the tour shows, in order: a thing of the screen, and what whoever takes it does there to go on. */

import { overTime } from '../overtime/rows.ts';
import { selectedAlert, store } from '../store.ts';

/** words: of the catalogue, `tour.<id>`; points: what is ringed; done: whether it was done, null for what is only read. */
export interface Step {
  id: string;
  points: string;
  done: ((at: Start) => boolean) | null;
}

/** How the screen stood when the step began. */
export interface Start {
  alertId: string | null;
  answered: number;
}

export function startNow(): Start {
  return { alertId: store.selection.alertId, answered: answered() };
}

function answered(): number {
  return [...store.alerts.values()].filter((alert) => alert.state !== 'open').length;
}

export const STEPS: readonly Step[] = [
  { id: 'line', points: 'watch-strip, watch-over-time', done: null },
  { id: 'weakest', points: '[data-testid=headline]', done: null },
  { id: 'alert', points: 'watch-queue', done: (at) => store.selection.alertId !== null && store.selection.alertId !== at.alertId },
  { id: 'facts', points: 'watch-card', done: null },
  { id: 'answer', points: 'watch-card .go', done: (at) => answered() > at.answered || (selectedAlert()?.state ?? 'open') !== 'open' },
  { id: 'map', points: 'watch-map', done: null },
  { id: 'time', points: 'watch-strip, watch-over-time', done: () => overTime().open },
  { id: 'pages', points: 'watch-top nav', done: null },
];
