/** The keyboard. Letters act by physical position, so that they work on every layout; they can be switched off. */

import { acknowledge, defer, dispose, DISPOSITIONS } from './card.ts';
import type { WatchClip } from './clip.ts';
import { askDesk, askGroup, askPhrase, askShelf } from './desk/asks.ts';
import { chooseNothing, chosen, take } from './desk/choice.ts';
import { toggleDrawer } from './desk/drawerstate.ts';
import { askSend } from './desk/respond.ts';
import { toggleLayerList } from './layers.ts';
import { undo } from './link.ts';
import { overTime, toggleOverTime } from './overtime/rows.ts';
import { closeOverTime, stepInTime } from './overtime/view.ts';
import type { WatchPalette } from './palette/view.ts';
import { prefs } from './prefs.ts';
import type { WatchQueue } from './queue.ts';
import { closeSheet, openSheet, sheetOpen } from './sheet/state.ts';
import { store, toggleTilt } from './store.ts';
import { stepAlong } from './strip.ts';
import { toolKey, toolLetter } from './tools/keys.ts';
import { tool } from './tools/state.ts';
import { toggleWall } from './wall/state.ts';

const CONTROL = 'button, a, input, textarea, select, summary, [contenteditable]';
const SWITCH = '.switches button, .mz button, .clip .play';

/** What needs one key more, and the drawer. */
const ASKS: Record<string, () => void> = {
  KeyJ: askPhrase,
  KeyG: askGroup,
  KeyH: askDesk,
  KeyK: askShelf,
  KeyP: askSend,
  KeyS: () => toggleDrawer(),
  KeyW: () => toggleWall(),
  Digit3: () => toggleTilt(),
  KeyR: () => openSheet(),
  KeyB: () => void toggleLayerList(),
  KeyV: () => (overTime().open ? closeOverTime() : toggleOverTime(true)),
};

export function listen(toggleHelp: (open?: boolean) => void): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target as Element;
    // A control with the focus keeps its own keys; so does every text field.
    const onControl = target.closest(CONTROL) !== null;
    const inText = target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]') !== null;
    if (inText && !(event.code === 'Escape' && (tool.open !== null || sheetOpen()))) return;
    if (sheetOpen()) {
      // A sheet fills the screen: nothing behind it may be acted on.
      if (event.code === 'Escape') closeSheet();
      return;
    }
    // A tool takes the arrows, Enter and Esc.
    if (!chosen() && toolKey(event, onControl)) {
      event.preventDefault();
      return;
    }
    const done = digit(event) || walk(event) || press(event, onControl) || (prefs.letterKeys && letter(event, toggleHelp, onControl));
    // The topmost thing goes first: a choice, then the keys, then the drawer.
    if (event.code === 'Escape' && !chooseNothing()) {
      toggleHelp(false);
      toggleDrawer(false);
      toggleWall(false);
      toggleLayerList(false);
    }
    if (done) event.preventDefault();
  });
  addEventListener('click', giveBack);
}

/** A switch pressed with the pointer hands the focus to the queue, so that Enter acknowledges; one reached by Tab keeps it. */
function giveBack(event: MouseEvent): void {
  if (event.detail === 0) return;
  const button = (event.target as Element).closest<HTMLElement>(SWITCH);
  if (button === null) return;
  button.blur();
  document.querySelector<HTMLElement>('watch-queue .q.sel')?.focus({ preventScroll: true });
}

/** A digit takes an option of the choice that is open; also while the letters are off, since a choice was asked for. */
function digit(event: KeyboardEvent): boolean {
  const found = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  return found !== null && !event.repeat && take(Number(found[1]));
}

/** Arrows: up and down through the alerts, left and right along the strip as it is drawn. */
function walk(event: KeyboardEvent): boolean {
  const queue = document.querySelector<WatchQueue>('watch-queue');
  switch (event.code) {
    case 'ArrowUp':
      queue?.step(-1);
      return true;
    case 'ArrowDown':
      queue?.step(1);
      return true;
    case 'ArrowLeft':
      stepAlong(event.shiftKey ? -10 : -1);
      return true;
    case 'ArrowRight':
      stepAlong(event.shiftKey ? 10 : 1);
      return true;
    default:
      return false;
  }
}

function press(event: KeyboardEvent, onControl: boolean): boolean {
  const id = store.selection.alertId;
  if ((event.code === 'Enter' || event.code === 'NumpadEnter') && !onControl && id !== null) {
    // A held key must not run through the whole queue.
    if (!event.repeat) acknowledge(id);
    return true;
  }
  if (event.code === 'Space' && !onControl) {
    clip()?.toggle();
    return true;
  }
  return false;
}

function letter(event: KeyboardEvent, toggleHelp: (open?: boolean) => void, onControl: boolean): boolean {
  const id = store.selection.alertId;
  if (event.code === 'Slash' && (event.shiftKey || event.key === '?')) {
    toggleHelp();
    return true;
  }
  if (event.code === 'Slash' && !event.shiftKey && !event.repeat) {
    document.querySelector<WatchPalette>('watch-palette')?.toggle();
    return true;
  }
  if (event.code === 'Comma' || event.code === 'Period') {
    clip()?.step(event.code === 'Comma' ? -1 : 1);
    return true;
  }
  if (stepInTime(event.code, event.shiftKey)) return true;
  if (event.repeat || event.shiftKey) return false;
  if (toolLetter(event.code)) return true;
  const ask = ASKS[event.code];
  if (ask !== undefined) {
    ask();
    return true;
  }
  if (id === null || (onControl && event.code === 'Space')) return false;
  if (event.code === 'KeyL') {
    defer(id);
    return true;
  }
  if (event.code === 'KeyZ') {
    const last = store.kept.at(-1)?.alertId ?? store.undo?.alertId ?? id;
    undo(last);
    return true;
  }
  const chosen = DISPOSITIONS.find((one) => event.code === `Key${one.letter}`);
  if (chosen === undefined) return false;
  dispose(id, chosen.code);
  return true;
}

function clip(): WatchClip | null {
  return document.querySelector<WatchClip>('watch-clip');
}
