/**
 * The command palette: type what you want to do or see, Enter does it.
 *
 * Lies over the map, never over the strip or the queue. Opened by Ctrl K, which works while letters are off, or by the
 * key of the slash; closed by Escape, by a choice, or when the focus goes elsewhere.
 */

import { html, nothing, type TemplateResult } from 'lit';
import type { Topic } from '../store.ts';
import { codeWords, t, text } from '../strings.ts';
import { View } from '../view.ts';
import { find } from './finding.ts';
import { kilometreOffer, offers, type Doing } from './offers.ts';

/** As many as the map's corner holds without scrolling on a small screen. */
const MOST = 12;

export class WatchPalette extends View {
  protected readonly topics: Topic[] = [];
  private open = false;
  private asked = '';
  private all: Doing[] = [];
  private answers: Doing[] = [];
  private at = 0;
  /** What had the focus before, and gets it back. */
  private cameFrom: HTMLElement | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    const press = (event: KeyboardEvent): void => {
      if (event.code !== 'KeyK' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      this.toggle();
    };
    addEventListener('keydown', press);
    this.during(() => removeEventListener('keydown', press));
  }

  toggle(): void {
    if (this.open) return this.close();
    const had = document.activeElement;
    // Its own switch would take the next Enter for a press on it.
    this.cameFrom = had instanceof HTMLElement && had !== document.body && had.dataset['testid'] !== 'palette-switch' ? had : null;
    this.open = true;
    this.all = offers();
    this.ask('');
    void this.updateComplete.then(() => this.querySelector('input')?.focus());
  }

  private close(): void {
    if (!this.open) return;
    const inside = this.contains(document.activeElement);
    this.open = false;
    this.all = [];
    this.requestUpdate();
    if (inside) void this.updateComplete.then(() => (this.cameFrom ?? document.querySelector<HTMLElement>('watch-queue .q.sel'))?.focus({ preventScroll: true }));
  }

  private ask(asked: string): void {
    this.asked = asked;
    this.answers = [...kilometreOffer(asked), ...find(asked, this.all, MOST)].slice(0, MOST);
    this.at = 0;
    this.requestUpdate();
  }

  private take(which: Doing | undefined): void {
    if (which === undefined) return;
    this.close();
    which.take();
  }

  private pressed(event: KeyboardEvent): void {
    // Whatever is typed here is text: it must neither walk through the queue nor answer an alert.
    event.stopPropagation();
    if ((event.ctrlKey || event.metaKey) && event.code === 'KeyK') {
      event.preventDefault();
      return this.close();
    }
    if (event.isComposing) return;
    const last = this.answers.length - 1;
    const to: Record<string, number> = { ArrowDown: Math.min(this.at + 1, last), ArrowUp: Math.max(this.at - 1, 0), PageDown: last, PageUp: 0 };
    if (event.code === 'Escape') this.close();
    else if (event.code === 'Enter' || event.code === 'NumpadEnter') this.take(this.answers[this.at]);
    else if (event.code in to) {
      this.at = Math.max(0, to[event.code]!);
      this.requestUpdate();
      void this.updateComplete.then(() => this.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }));
    } else return;
    event.preventDefault();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.open) return nothing;
    const { answers } = this;
    return html`<section
      class="palette"
      data-testid="palette"
      role="dialog"
      aria-label=${text('palette.title')}
      @keydown=${(event: KeyboardEvent) => this.pressed(event)}
      @focusout=${(event: FocusEvent) => {
        if (!this.contains(event.relatedTarget as Node | null)) this.close();
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-autocomplete="list"
        aria-controls="palette-list"
        aria-activedescendant=${answers.length === 0 ? '' : `palette-${this.at}`}
        aria-label=${text('palette.title')}
        placeholder=${text('palette.ask')}
        autocomplete="off"
        spellcheck="false"
        dir="auto"
        .value=${this.asked}
        @input=${(event: InputEvent) => this.ask((event.target as HTMLInputElement).value)}
      />
      ${answers.length === 0
        ? html`<p class="none" role="status">${t('palette.nothing')}</p>`
        : html`<ul id="palette-list" role="listbox" aria-label=${text('palette.title')}>${answers.map((one, i) => this.row(one, i))}</ul>`}
      <p class="hint"><kbd>↑</kbd><kbd>↓</kbd><kbd>↵</kbd><kbd>${'Esc'}</kbd><span>${t('palette.hint')}</span></p>
    </section>`;
  }

  private row(one: Doing, i: number): TemplateResult {
    return html`<li
      id=${`palette-${i}`}
      role="option"
      aria-selected=${i === this.at ? 'true' : 'false'}
      data-group=${one.group}
      @pointerdown=${(event: Event) => {
        // Before the field loses the focus, which would close the list under the finger.
        event.preventDefault();
        this.take(one);
      }}
    >
      <span class="what">${this.answers[i - 1]?.group === one.group ? nothing : codeWords('palette', one.group)}</span> <b><bdi>${one.name}</bdi></b>
      ${one.detail === '' ? nothing : html`<span class="detail"><bdi>${one.detail}</bdi></span>`} ${one.key === '' ? nothing : html`<kbd>${one.key}</kbd>`}
    </li>`;
  }
}

customElements.define('watch-palette', WatchPalette);
