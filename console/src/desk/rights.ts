/** What this screen's person may do. The server decides; the screen only does not offer what it would refuse. */

import { store } from '../store.ts';
import type { Alert } from '../types.ts';

export function may(right: string): boolean {
  return store.hello?.may.includes(right) ?? false;
}

/** Whether an alert is this person's to answer: of their desk, distress, or one that every desk was told of. */
export function mine(alert: Alert): boolean {
  const { hello } = store;
  if (hello === null) return false;
  return hello.desk === '' || alert.desk === hello.desk || alert.kind === 'distress' || alert.told.some((one) => one.to === 'every_desk');
}
