/** The common ground of every part of the screen: plain light DOM, one style sheet, redrawn when its subjects change. */

import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { onFrame } from './motion.ts';
import { onPrefs } from './prefs.ts';
import { on, store, type Topic } from './store.ts';
import { t } from './strings.ts';
import { timed, turn } from './turns.ts';

export abstract class View extends LitElement {
  protected abstract readonly topics: Topic[];
  private ends: (() => void)[] = [];

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.during(on(this.topics, () => this.requestUpdate()));
    this.during(onPrefs(() => this.requestUpdate()));
  }

  protected override async scheduleUpdate(): Promise<void> {
    await turn();
    timed(() => super.scheduleUpdate());
  }

  /** What lasts as long as this part is on the screen: `end` is called when it goes. */
  protected during(end: () => void): void {
    this.ends.push(end);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.ends.splice(0)) end();
  }
}

/** A part that is drawn to the size of its box, and painted anew at display rate. */
export abstract class Painted extends View {
  protected box = { width: 0, height: 0 };

  protected abstract paint(): void;

  /** Metres of ground under a pixel, along the line. */
  protected abstract metresPerPixel(): number;

  override connectedCallback(): void {
    super.connectedCallback();
    const size = new ResizeObserver(() => {
      this.box = { width: this.clientWidth, height: this.clientHeight };
      this.requestUpdate();
    });
    size.observe(this);
    this.during(() => size.disconnect());
    this.during(onFrame(() => this.paint(), () => this.metresPerPixel()));
  }

  protected override updated(): void {
    this.paint();
  }
}

/** The word in the head of every panel while an exercise runs; nothing otherwise. */
export function exerciseMark(): TemplateResult | typeof nothing {
  return store.hello?.exercise === true ? html`<span class="exmark">${t('status.exercise_on')}</span>` : nothing;
}
