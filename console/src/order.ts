/** The order of the queue, and the rule that rows never jump under a hand. */

import type { Alert } from './types.ts';

const OPEN = 2;
const LOOK_AGAIN = 3;

/** 0 distress, 1 mass event, 2 open, 3 look again, 4 acknowledged, 5 closed. */
function rank(alert: Alert): number {
  if (alert.state === 'closed') return 5;
  if (alert.kind === 'distress') return 0;
  // It stands for everybody in it, and has no time to the line of its own that could rank it.
  if (alert.kind === 'mass_event' && alert.state === 'open') return 1;
  return alert.state === 'open' ? OPEN : alert.state === 'deferred' ? LOOK_AGAIN : 4;
}

/** Distress first, a mass event next, then open by time to the line, then the rest, newest first. */
export function compareAlerts(a: Alert, b: Alert): number {
  const byRank = rank(a) - rank(b);
  if (byRank !== 0) return byRank;
  if (rank(a) === OPEN) {
    // An alert without an expected crossing has no time to run out of: after those that have one.
    const etaA = a.eta?.t50_s ?? Infinity;
    const etaB = b.eta?.t50_s ?? Infinity;
    if (etaA !== etaB) return etaA - etaB;
  }
  if (rank(a) === LOOK_AGAIN && a.defer_until_s !== b.defer_until_s) return (a.defer_until_s ?? 0) - (b.defer_until_s ?? 0);
  return b.first_s - a.first_s || (a.id < b.id ? -1 : 1);
}

/** Alerts in the order to show. While `held` is given, its order stands and newcomers wait at the end. */
export function orderAlerts(alerts: Iterable<Alert>, held: readonly string[] | null): Alert[] {
  const sorted = [...alerts].sort(compareAlerts);
  if (held === null) return sorted;
  const place = new Map(held.map((id, i) => [id, i]));
  // sort() is stable: newcomers keep their own order behind the held rows.
  return sorted.sort((a, b) => (place.get(a.id) ?? held.length) - (place.get(b.id) ?? held.length));
}
