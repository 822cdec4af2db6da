/** The end of a session: the next person signs in with a name of their own. */

import { prefs } from './prefs.ts';

export async function signOut(): Promise<void> {
  await fetch('api/logout', { method: 'POST' });
  location.assign(`login?lang=${prefs.language}`);
}
