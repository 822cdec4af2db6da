/** The frame of the screen and the two lines that must never be missed: no connection, and exercise. */

import { html, nothing, type TemplateResult } from 'lit';
import './card.ts';
import './clocks.ts';
import './desk/choice.ts';
import './desk/drawer.ts';
import './help.ts';
import './layerlist.ts';
import './map.ts';
import './overtime/view.ts';
import './palette/view.ts';
import './queue.ts';
import './status.ts';
import './sheet/view.ts';
import './strip.ts';
import './tools/view.ts';
import './tour/view.ts';
import './wall/view.ts';
import { spoken } from './alertwords.ts';
import { listen } from './keys.ts';
import { onAlertChange } from './link.ts';
import { onOverTime, overTime } from './overtime/rows.ts';
import { store, type Topic } from './store.ts';
import { t, text } from './strings.ts';
import { clockText } from './times.ts';
import { View } from './view.ts';

export class WatchApp extends View {
  protected readonly topics: Topic[] = ['link', 'kept', 'hello', 'site'];
  private help = false;
  private voice = '';
  private urgent = '';

  override connectedCallback(): void {
    super.connectedCallback();
    const toggle = (open?: boolean): void => {
      this.help = open ?? !this.help;
      this.requestUpdate();
    };
    listen(toggle);
    this.addEventListener('help', () => toggle());
    onOverTime(() => {
      if (this.classList.contains('tall') !== overTime().open) this.requestUpdate();
    });
    onAlertChange((alert, before) => {
      if (before !== null && before.state === alert.state) return;
      if (alert.kind === 'distress' && alert.state === 'open') this.urgent = spoken(alert);
      else this.voice = spoken(alert);
      this.requestUpdate();
    });
  }

  protected override render(): TemplateResult {
    const { state } = store.link;
    document.title = text('page.title');
    const exercise = store.hello?.exercise === true;
    const dim = state === 'offline' ? 'dim' : '';
    this.classList.toggle('tall', overTime().open);
    return html`
      <watch-top class="top" role="banner"></watch-top>
      ${this.outage()}
      ${overTime().open
        ? html`<watch-over-time class="strip ${dim}" role="region" aria-label=${text('overtime.title')}></watch-over-time>`
        : html`<watch-strip class="strip ${dim}" role="region" aria-label=${text('strip.label')}></watch-strip>`}
      <main class=${dim}>
        <watch-queue class="queue" role="region" aria-label=${text('queue.label')}></watch-queue>
        <watch-card class="card" role="region" aria-label=${text('card.label')}></watch-card>
        <div class="mapcell">
          <watch-map class="map"></watch-map>
          <watch-tool></watch-tool>
          <watch-layers></watch-layers>
          <watch-wall></watch-wall>
          <watch-drawer></watch-drawer>
          ${this.help ? html`<watch-help></watch-help>` : nothing}
          <watch-choice></watch-choice>
          <watch-palette></watch-palette>
          <watch-tour></watch-tour>
        </div>
      </main>
      <watch-status class="foot" role="contentinfo"></watch-status>
      <watch-sheet></watch-sheet>
      ${exercise ? html`<div class="exframe" aria-hidden="true"></div>` : nothing}
      <div class="voice" role="log" aria-live="polite">${this.voice}</div>
      <div class="voice" role="alert">${this.urgent}</div>
    `;
  }

  private outage(): TemplateResult | typeof nothing {
    const { state, lostAt_s } = store.link;
    const n = store.kept.length;
    if (state === 'signed_out') return html`<div class="outage" role="alert" data-testid="outage">${t('link.signed_out')}</div>`;
    if (state !== 'offline') return nothing;
    return html`<div class="outage" role="alert" data-testid="outage">
      ${lostAt_s === null ? t('link.never') : t('link.lost', { time: clockText(lostAt_s) })} ${t('link.kept', { n })}
    </div>`;
  }
}

customElements.define('watch-app', WatchApp);
