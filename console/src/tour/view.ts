/**
 * The first two minutes on the demonstration line: eight things of the screen, each pointed at where it stands.
 *
 * Rules: it is offered, never begun by itself, and only where the line is simulated; it lies over the map alone, takes
 * no key from the desk, and steps aside while somebody is in distress or something else lies over the map. Where it
 * was left it goes on.
 */

import { html, nothing, type TemplateResult } from 'lit';
import { drawerOpen } from '../desk/drawerstate.ts';
import { store, type Topic } from '../store.ts';
import { t, text } from '../strings.ts';
import { tool } from '../tools/state.ts';
import { View } from '../view.ts';
import { theWall } from '../wall/state.ts';
import { startNow, STEPS, type Start } from './steps.ts';

const MEMORY = 'watchline.tour';
const DONE = 'done';
const EVERY_MS = 400;

export class WatchTour extends View {
  protected readonly topics: Topic[] = ['site', 'hello', 'alerts', 'tool', 'wall', 'drawer', 'choice'];
  private step: number | null = null;
  private at: Start = startNow();
  private ringed: Element | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    const look = setInterval(() => this.look(), EVERY_MS);
    this.during(() => clearInterval(look));
  }

  /** Begin, or go on where it was left. */
  begin(): void {
    const kept = Number(localStorage.getItem(MEMORY));
    this.go(Number.isInteger(kept) && kept > 0 && kept < STEPS.length ? kept : 0);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('[data-testid=tour-next]')?.focus());
  }

  private go(step: number): void {
    this.step = step < STEPS.length ? step : null;
    localStorage.setItem(MEMORY, this.step === null ? DONE : String(step));
    this.at = startNow();
    this.requestUpdate();
    this.ring();
  }

  /** Leave it where it is: it is offered again by name, not by itself. */
  private leave(): void {
    if (localStorage.getItem(MEMORY) === null) localStorage.setItem(MEMORY, DONE);
    this.step = null;
    this.requestUpdate();
    this.ring();
  }

  private look(): void {
    const step = this.step === null ? undefined : STEPS[this.step];
    if (step === undefined) return;
    if (step.done?.(this.at) === true) this.go((this.step ?? 0) + 1);
    else this.ring();
  }

  private ring(): void {
    const step = this.step === null || aside() ? undefined : STEPS[this.step];
    const wanted = step === undefined ? null : document.querySelector(step.points);
    if (wanted === this.ringed) return;
    this.ringed?.classList.remove('toured');
    wanted?.classList.add('toured');
    this.ringed = wanted;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (aside()) return nothing;
    if (this.step === null) return this.offer();
    const step = STEPS[this.step];
    if (step === undefined) return nothing;
    const last = this.step === STEPS.length - 1;
    return html`<section class="tour" role="dialog" aria-label=${text('tour.title')} data-testid="tour" data-step=${step.id}>
      <p class="quiet">${t('tour.of', { n: this.step + 1, all: STEPS.length })}</p>
      <p aria-live="polite">${t(`tour.${step.id}`)}</p>
      <div class="row">
        <button type="button" data-testid="tour-leave" @click=${() => this.leave()}>${t('tour.leave')}</button>
        <button type="button" class="pri" data-testid="tour-next" @click=${() => this.go((this.step ?? 0) + 1)}>${t(last ? 'tour.end' : 'tour.next')}</button>
      </div>
    </section>`;
  }

  private offer(): TemplateResult | typeof nothing {
    const simulated = store.site !== null && store.site.start_s !== null && store.hello?.exercise === false;
    if (!simulated || localStorage.getItem(MEMORY) !== null) return nothing;
    return html`<section class="tour offer" aria-label=${text('tour.title')} data-testid="tour-offer">
      <p>${t('tour.offer')}</p>
      <div class="row">
        <button type="button" @click=${() => this.leave()}>${t('tour.no')}</button>
        <button type="button" data-testid="tour-begin" @click=${() => this.begin()}>${t('tour.begin')}</button>
      </div>
    </section>`;
  }
}

/** Somebody in distress, or something else that was opened over the map, goes first. */
function aside(): boolean {
  if (tool.open !== null || theWall().open || drawerOpen()) return true;
  return [...store.alerts.values()].some((alert) => alert.kind === 'distress' && alert.state === 'open');
}

export function beginTour(): void {
  document.querySelector<WatchTour>('watch-tour')?.begin();
}

customElements.define('watch-tour', WatchTour);
