/** The desk's drawer: lies over the map, never over the strip, the queue or the card, and stops nothing. */

import { html, nothing, type TemplateResult } from 'lit';
import { store, type Topic } from '../store.ts';
import { codeWords, t, text } from '../strings.ts';
import { exerciseMark, View } from '../view.ts';
import './aside.ts';
import { drawerOpen, drawerPage, PAGES, showPage, toggleDrawer } from './drawerstate.ts';
import './figures.ts';
import './practice.ts';
import './shift.ts';

export class WatchDrawer extends View {
  protected readonly topics: Topic[] = ['drawer', 'kept', 'hello'];

  protected override render(): TemplateResult | typeof nothing {
    if (!drawerOpen()) return nothing;
    const page = drawerPage();
    return html`<section class="drawer" data-testid="drawer" aria-label=${text('drawer.label')}>
      <header>
        <div role="tablist" aria-label=${text('drawer.label')} @keydown=${(event: KeyboardEvent) => this.turn(event)}>
          ${PAGES.map(
            (one) => html`<button type="button" role="tab" data-page=${one} aria-selected=${one === page ? 'true' : 'false'} tabindex=${one === page ? 0 : -1} @click=${() => showPage(one)}>
              ${codeWords('drawer', one)}
            </button>`,
          )}
        </div>
        ${exerciseMark()}
        <button type="button" @click=${() => toggleDrawer(false)}>${t('help.close')}</button>
      </header>
      ${store.refusal?.alertId === '' ? html`<p class="refused" role="alert">${t('said.refused', { status: store.refusal.status, detail: store.refusal.detail || '–' })}</p>` : nothing}
      <div class="page" role="tabpanel">${body(page)}</div>
    </section>`;
  }

  /** Arrows walk through the tabs, as in every list of tabs. */
  private turn(event: KeyboardEvent): void {
    const by = event.code === 'ArrowRight' ? 1 : event.code === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const forward = document.documentElement.dir === 'rtl' ? -by : by;
    showPage(PAGES[(PAGES.indexOf(drawerPage()) + forward + PAGES.length) % PAGES.length] ?? 'shift');
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('[aria-selected=true]')?.focus());
  }
}

function body(page: (typeof PAGES)[number]): TemplateResult {
  switch (page) {
    case 'shift':
      return html`<desk-shift></desk-shift>`;
    case 'aside':
      return html`<desk-aside></desk-aside>`;
    case 'figures':
      return html`<desk-figures></desk-figures>`;
    case 'practice':
      return html`<desk-practice></desk-practice>`;
  }
}

customElements.define('watch-drawer', WatchDrawer);
