/** The pages beside this screen, and whose they are: who may not open one is not offered it. */

import { prefs } from './prefs.ts';
import { store } from './store.ts';
import type { Role } from './types.ts';

const EVERYBODY: readonly Role[] = ['tower_operator', 'shift_commander', 'maintainer', 'auditor'];
const WHO_LEAD: readonly Role[] = ['shift_commander', 'auditor'];

/** In the order of the head of the screen. */
export const WORKPLACES: readonly (readonly [name: string, roles: readonly Role[]])[] = [
  ['command', EVERYBODY],
  ['operations', EVERYBODY],
  ['plan', WHO_LEAD],
  ['account', EVERYBODY],
  ['maintain', EVERYBODY],
  ['audit', WHO_LEAD],
];
/** Of the foot: what goes out to others. */
const OUTSIDE: readonly (readonly [name: string, roles: readonly Role[]])[] = [
  ['links', EVERYBODY],
  ['releases', WHO_LEAD],
];

function mine(pages: typeof WORKPLACES): string[] {
  const { hello } = store;
  // An exercise has the Watch screen alone.
  return hello === null || hello.exercise ? [] : pages.filter(([, roles]) => roles.includes(hello.role)).map(([name]) => name);
}

export function workplaces(): string[] {
  return mine(WORKPLACES);
}

export function outsidePages(): string[] {
  return mine(OUTSIDE);
}

export function addressOf(page: string): string {
  return `/${page}?lang=${prefs.language}`;
}
