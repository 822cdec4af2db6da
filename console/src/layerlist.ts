/** The list of what the map shows, over the map: a switch each, whose a layer is, and which cannot be read and why. */

import { html, nothing, type TemplateResult } from 'lit';
import { layerListOpen, ownLayers, switches, toggleLayerList, unreadableLayers } from './layers.ts';
import type { Topic } from './store.ts';
import { t, text } from './strings.ts';
import { View } from './view.ts';

export class WatchLayers extends View {
  protected readonly topics: Topic[] = ['layers', 'site'];
  private wasOpen = false;

  protected override render(): TemplateResult | typeof nothing {
    if (!layerListOpen()) return nothing;
    return html`<section class="layers" role="group" aria-label=${text('layer.title')} data-testid="layers">
      <header><h2>${t('layer.title')}</h2><button type="button" @click=${() => toggleLayerList(false)}>${t('help.close')}</button></header>
      <ul>
        ${switches().map(
          (one) => html`<li><label><input type="checkbox" data-layer=${one.key} .checked=${one.on} @change=${one.toggle} /> <span dir="auto">${one.name}</span> ${one.detail === '' ? nothing : html`<em>${one.detail}</em>`}</label></li>`,
        )}
      </ul>
      ${unreadableLayers().map((one) => html`<p data-testid="layer-problem">${t('layer.unreadable')} <b dir="auto">${one.name}</b><br /><bdi dir="ltr">${one.problem}</bdi></p>`)}
      ${ownLayers().length === 0 && unreadableLayers().length === 0 ? html`<p>${t('layer.none_own')}</p>` : nothing}
    </section>`;
  }

  protected override updated(): void {
    if (layerListOpen() && !this.wasOpen) this.querySelector<HTMLElement>('input')?.focus();
    this.wasOpen = layerListOpen();
  }
}

customElements.define('watch-layers', WatchLayers);
