/**
 * One more key: what a letter asks for is chosen by a digit, or by a press on the words.
 *
 * Rules: a choice lies over the map, stops nothing, and goes away by Escape, by a choice, or when its alert is no
 * longer selected. Two keys write a line of the log; three tell of a group.
 */

import { html, nothing, type TemplateResult } from 'lit';
import { changed, selectedAlert, store, type Topic } from '../store.ts';
import { t, type Words } from '../strings.ts';
import { View } from '../view.ts';

export interface Choice {
  title: Words;
  options: { words: Words; take: () => void }[];
  /** The alert it is about; the choice ends when another is selected. */
  alertId: string | null;
}

let open: Choice | null = null;

export function choose(choice: Choice): void {
  open = choice.options.length > 0 ? choice : null;
  changed('choice');
}

/** Whether something is waiting for a digit. */
export function chosen(): boolean {
  return open !== null;
}

export function chooseNothing(): boolean {
  const was = open !== null;
  open = null;
  if (was) changed('choice');
  return was;
}

/** Takes the nth option, counted from 1; false when no choice is open or it has no such option. */
export function take(n: number): boolean {
  const option = open?.options[n - 1];
  if (option === undefined) return false;
  chooseNothing();
  option.take();
  return true;
}

export class WatchChoice extends View {
  protected readonly topics: Topic[] = ['choice', 'selection', 'alerts'];

  protected override render(): TemplateResult | typeof nothing {
    if (open !== null && open.alertId !== null && selectedAlert()?.id !== open.alertId) open = null;
    if (open === null || store.site === null) return nothing;
    return html`<section class="choice" data-testid="choice" role="group">
      <h2>${open.title}</h2>
      <ol>
        ${open.options.map((option, i) => html`<li><button type="button" @click=${() => take(i + 1)}><kbd>${i + 1}</kbd><span>${option.words}</span></button></li>`)}
      </ol>
      <p><kbd>${'Esc'}</kbd> ${t('choice.leave')}</p>
    </section>`;
  }
}

customElements.define('watch-choice', WatchChoice);
