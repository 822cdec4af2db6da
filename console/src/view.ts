/** The common ground of every part of the screen: plain light DOM, one style sheet, redrawn when its subjects change. */

import { LitElement } from 'lit';
import { onPrefs } from './prefs.ts';
import { on, type Topic } from './store.ts';

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
