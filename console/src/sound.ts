/** Three sounds, each made here and named in the help panel: distress, an open alert, our own connection lost. */

import { onAlertChange } from './link.ts';
import { prefs } from './prefs.ts';
import { on, store } from './store.ts';

const ALERT_PAUSE_MS = 30_000; // an open alert is not repeated within this
const DISTRESS_PAUSE_MS = 4_000;

let context: AudioContext | null = null;
let lastAlert_ms = -Infinity;

export type Sound = 'distress' | 'alert' | 'lost';

export function listenForSounds(): void {
  // Browsers give sound only after a touch or a key; the first one opens it.
  const open = (): void => {
    context ??= new AudioContext();
    void context.resume();
  };
  addEventListener('pointerdown', open, { once: true });
  addEventListener('keydown', open, { once: true });
  onAlertChange((alert, before) => {
    const fresh = alert.state === 'open' && before?.state !== 'open';
    if (!fresh || alert.held !== null || alert.kind === 'distress' || !prefs.sound) return;
    if (performance.now() - lastAlert_ms < ALERT_PAUSE_MS) return;
    lastAlert_ms = performance.now();
    play('alert');
  });
  let wasOnline = false;
  on('link', () => {
    if (wasOnline && store.link.state === 'offline' && prefs.sound) play('lost');
    wasOnline = store.link.state === 'online';
  });
  // Distress calls until a human has taken it, and no switch silences it.
  setInterval(() => {
    for (const alert of store.alerts.values()) if (alert.kind === 'distress' && alert.state === 'open') return play('distress');
  }, DISTRESS_PAUSE_MS);
}

export function play(sound: Sound): void {
  if (context === null || context.state !== 'running') return;
  if (sound === 'distress') {
    tone(context, 660, 0, 0.22, 0.12);
    tone(context, 880, 0.26, 0.3, 0.12);
  } else if (sound === 'alert') tone(context, 523, 0, 0.25, 0.06);
  else tone(context, 196, 0, 0.5, 0.09);
}

function tone(audio: AudioContext, hertz: number, after_s: number, length_s: number, loudness: number): void {
  const start = audio.currentTime + after_s;
  const source = audio.createOscillator();
  const volume = audio.createGain();
  source.frequency.value = hertz;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(loudness, start + 0.03);
  volume.gain.linearRampToValueAtTime(0, start + length_s);
  source.connect(volume).connect(audio.destination);
  source.start(start);
  source.stop(start + length_s);
}
