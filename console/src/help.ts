/** The key card: lies over the map, never over the strip or the queue, and stops nothing. */

import { html, type TemplateResult } from 'lit';
import { play, type Sound } from './sound.ts';
import { t, text } from './strings.ts';
import type { Topic } from './store.ts';
import { View } from './view.ts';

const KEYS: readonly [string, string][] = [
  ['↑ ↓', 'help.alerts'],
  ['← →', 'help.along'],
  ['⇧ ← →', 'help.along10'],
  ['↵', 'help.acknowledge'],
  ['T N E F O D', 'help.disposition'],
  ['L', 'help.look_again'],
  ['Z', 'help.undo'],
  ['1 … 9', 'help.choice'],
  ['P', 'help.send'],
  ['J', 'help.log'],
  ['G', 'help.group'],
  ['H', 'help.hand'],
  ['K', 'help.shelve'],
  ['S', 'help.drawer'],
  ['W', 'help.wall'],
  ['V', 'help.overtime'],
  ['[ ] \\ - =', 'help.overtime_move'],
  ['⇧ [ ]', 'help.past'],
  ['␣', 'help.play'],
  [', .', 'help.frame'],
  ['3', 'map.tilt'],
  ['B', 'layer.title'],
  ['M', 'tool.measure'],
  ['I', 'tool.sight'],
  ['Y', 'tool.horizon'],
  ['← ↑ ↓ → ↵ ⌫', 'help.tool'],
  ['R', 'sheet.title'],
  ['/', 'help.palette'],
  ['?', 'help.help'],
  ['Esc', 'help.close'],
];
const SOUNDS: readonly [Sound, string][] = [
  ['distress', 'help.sound.distress'],
  ['alert', 'help.sound.alert'],
  ['lost', 'help.sound.lost'],
];

export class WatchHelp extends View {
  protected readonly topics: Topic[] = [];

  protected override render(): TemplateResult {
    return html`<section class="help" role="dialog" aria-label=${text('help.title')}>
      <header>
        <h2>${t('help.title')}</h2>
        <button type="button" @click=${() => this.dispatchEvent(new Event('help', { bubbles: true }))}>${t('help.close')}</button>
      </header>
      <dl>${KEYS.map(([keys, words]) => html`<dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${t(words)}</dd>`)}</dl>
      <p>${t('help.position')}</p>
      <h3>${t('help.sounds')}</h3>
      <div class="row">${SOUNDS.map(([sound, words]) => html`<button type="button" @click=${() => play(sound)}>${t(words)}</button>`)}</div>
    </section>`;
  }
}

customElements.define('watch-help', WatchHelp);
