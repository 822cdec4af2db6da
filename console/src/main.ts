/** Start: the operator's choices first, then the way to the server, then everything that moves. */

import './app.ts';
import { followRespond } from './desk/respond.ts';
import { start } from './link.ts';
import { movedCount, paintedParts, startFrames } from './motion.ts';
import { openShared } from './past/moment.ts';
import { apply } from './prefs.ts';
import { listenForSounds } from './sound.ts';
import { store } from './store.ts';
import { kilometre } from './strip.ts';

declare global {
  interface Window {
    /** For checks by machine: tracks, whether connected, tracks that have moved since first shown, parts painted, the middle of the map (km). */
    watchline: { tracks: () => number; connected: () => boolean; moved: () => number; painted: () => number; goal: () => number };
  }
}

apply();
window.watchline = {
  tracks: () => store.tracks.n,
  connected: () => store.link.state === 'online',
  moved: () => movedCount(),
  painted: () => paintedParts(),
  goal: () => kilometre(),
};
listenForSounds();
// What is copied is what is read: marks that keep figures in order inside Arabic stay behind.
addEventListener('copy', (event) => {
  if ((event.target as Element).closest?.('input, textarea') || event.clipboardData === null) return;
  event.clipboardData.setData('text/plain', String(getSelection()).replace(/[\u200e\u200f\u061c\u2066-\u2069]/g, ''));
  event.preventDefault();
});
startFrames();
start();
followRespond();
openShared();
// A canvas does not wait for letters: load both weights of both scripts before the first labels.
for (const face of ['400 12px Inter', '700 12px Inter', '400 12px "Noto Sans Arabic"']) void document.fonts.load(face, 'aش');
