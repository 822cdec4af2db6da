/** The common ground of every part of the screen: plain light DOM, one style sheet, redrawn when its subjects change. */

import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { onPrefs } from './prefs.ts';
import { on, store, type Topic } from './store.ts';
import { t } from './strings.ts';

export abstract class View extends LitElement {
  protected abstract readonly topics: Topic[];
  private wired = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.wired) return;
    this.wired = true;
    on(this.topics, () => this.requestUpdate());
    onPrefs(() => this.requestUpdate());
  }
}

/** The word in the head of every panel while an exercise runs; nothing otherwise. */
export function exerciseMark(): TemplateResult | typeof nothing {
  return store.hello?.exercise === true ? html`<span class="exmark">${t('status.exercise_on')}</span>` : nothing;
}
