/** The head of the screen: name, workplace, this screen's own switches, three clocks. */

import { html, nothing, type TemplateResult } from 'lit';
import { LANGUAGE_NAMES, LANGUAGES, prefs, setPrefs } from './prefs.ts';
import { drawerOpen, toggleDrawer } from './desk/drawerstate.ts';
import type { WatchPalette } from './palette/view.ts';
import { clockKnown, nowS, store, type Topic } from './store.ts';
import { fetchWords, ltr, t, text } from './strings.ts';
import { clockText, validZone } from './times.ts';
import { View } from './view.ts';
import { addressOf, workplaces } from './workplaces.ts';

export class WatchTop extends View {
  protected readonly topics: Topic[] = ['site', 'hello', 'drawer'];

  override connectedCallback(): void {
    super.connectedCallback();
    setInterval(() => this.requestUpdate(), 250);
  }

  protected override render(): TemplateResult {
    const { site, hello } = store;
    const next = LANGUAGES[(LANGUAGES.indexOf(prefs.language) + 1) % LANGUAGES.length] ?? 'en';
    const at = (zone: string | undefined): TemplateResult | string => (zone === undefined || !clockKnown() ? '–' : ltr(clockText(nowS(), validZone(zone))));
    return html`
      <div class="brand">
        <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
          <path d="M1 14H21" stroke="var(--t1)" stroke-width="2" />
          <path d="M11 14L4 3M11 14L18 3" stroke="var(--t3)" stroke-width="1.5" />
          <path d="M8 18h6" stroke="var(--t3)" stroke-width="2" />
        </svg>
        <b>${t('brand')}</b>
      </div>
      <nav aria-label=${text('nav.label')}><span aria-current="page">${t('nav.watch')}</span>${workplaces().map((name) => html`<a href=${addressOf(name)} target="_blank" rel="noopener">${t(`nav.${name}`)}</a>`)}</nav>
      <button type="button" data-testid="drawer-switch" aria-expanded=${drawerOpen() ? 'true' : 'false'} @click=${() => toggleDrawer()}><kbd>S</kbd>${t('nav.desk')}</button>
      <button type="button" data-testid="palette-switch" aria-haspopup="dialog" title=${text('palette.title')} aria-label=${text('palette.title')} @click=${() => document.querySelector<WatchPalette>('watch-palette')?.toggle()}><kbd>/</kbd></button>
      ${site === null ? nothing : html`<span class="site"><bdi>${site.name}</bdi></span>`}
      ${hello?.simulated ? html`<span class="sim">${t('top.simulated')}</span>` : nothing}
      ${hello && hello.speed !== 1 ? html`<span class="sim">${hello.speed === null ? t('top.speed_free') : t('top.speed', { speed: hello.speed })}</span>` : nothing}
      ${prefs.language !== 'en' ? html`<span class="note" data-testid="unreviewed">${t('top.unreviewed')}</span>` : nothing}
      <div class="switches">
        <button type="button" data-testid="keys-switch" aria-pressed=${prefs.letterKeys ? 'true' : 'false'} title=${text('switch.keys.title')} @click=${() => setPrefs({ letterKeys: !prefs.letterKeys })}>
          ${t(prefs.letterKeys ? 'switch.keys.on' : 'switch.keys.off')}
        </button>
        <button type="button" aria-pressed=${prefs.sound ? 'true' : 'false'} title=${text('switch.sound.title')} @click=${() => setPrefs({ sound: !prefs.sound })}>
          ${t(prefs.sound ? 'switch.sound.on' : 'switch.sound.off')}
        </button>
        <button type="button" data-testid="theme-switch" aria-pressed=${prefs.theme === 'night' ? 'true' : 'false'} @click=${() => setPrefs({ theme: prefs.theme === 'night' ? 'day' : 'night' })}>
          ${t(prefs.theme === 'night' ? 'switch.night.on' : 'switch.night.off')}
        </button>
        <button type="button" data-testid="language-switch" lang=${next} @click=${() => void fetchWords(next).then(() => setPrefs({ language: next }))}>${LANGUAGE_NAMES[next]}</button>
        <button type="button" aria-label=${text('help.title')} title=${text('help.title')} @click=${() => this.dispatchEvent(new Event('help', { bubbles: true }))}>?</button>
      </div>
      <div class="clk" role="group" aria-label=${text('clock.label')}>
        <span><em>${t('clock.utc')}</em>${at('UTC')}</span>
        <span class="loc"><em>${t('clock.local')}</em>${at(site?.timezone)}</span>
        ${site !== null && site.partner_timezone === null ? nothing : html`<span><em>${t('clock.partner')}</em>${at(site?.partner_timezone ?? undefined)}</span>`}
      </div>
    `;
  }
}

customElements.define('watch-top', WatchTop);
