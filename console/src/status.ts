/** The foot of the screen: sensor health, weather, load against budget, age of the data, exercise, user. */

import { html, nothing, type TemplateResult } from 'lit';
import { signOut } from './signout.ts';
import { dataAgeS, STALE_AFTER_S, store, type Topic } from './store.ts';
import { codeWords, hasText, ltr, t, text, type Words } from './strings.ts';
import type { Picture } from './types.ts';
import { View } from './view.ts';
import { addressOf, outsidePages } from './workplaces.ts';

const HEALTH = ['cameras', 'radars', 'fence', 'ground', 'drones'] as const;
const BINS = 12;

export class WatchStatus extends View {
  protected readonly topics: Topic[] = ['picture', 'hello', 'link'];

  override connectedCallback(): void {
    super.connectedCallback();
    setInterval(() => this.requestUpdate(), 1000);
  }

  protected override render(): TemplateResult {
    const { picture, hello } = store;
    const age = dataAgeS();
    const stale = age !== null && age > STALE_AFTER_S;
    return html`
      <div class="hl" role="group" aria-label=${text('status.health')}>${health(picture)}</div>
      ${weather(picture)}
      <div class="load" title=${text('status.load.title')}>${load(picture)}</div>
      <div class=${stale ? 'dage stale' : 'dage'} data-testid="data-age">
        ${stale ? html`<svg class="clock" viewBox="0 0 14 14" aria-hidden="true"><circle cx="7" cy="7" r="5.5" /><path d="M7 3.6V7l2.4 1.6" /></svg>` : nothing}
        <span>${t('status.data')}</span>
        <b>${age === null ? '–' : t('status.seconds', { s: age < 10 ? age.toFixed(1) : String(Math.round(age)) })}</b>
      </div>
      <div class=${hello?.exercise ? 'ex on' : 'ex'} data-testid="exercise">${hello === null ? '–' : t(hello.exercise ? 'status.exercise_on' : 'status.exercise_off')}</div>
      ${outsidePages().map((page) => html`<a class="lnk" href=${addressOf(page)} target="_blank" rel="noopener">${codeWords('status', page)}</a>`)}
      <div class="usr">${hello === null ? '–' : html`<span>${t('status.user')}</span> <b>${hasText(`user.${hello.user}`) ? codeWords('user', hello.user) : html`<bdi>${hello.user}</bdi>`}</b> ${codeWords('role', hello.role)}`}
        ${hello?.signs_out ? html`<button type="button" class="out" data-testid="sign-out" @click=${signOut}>${t('status.sign_out')}</button>` : nothing}</div>
    `;
  }
}

function health(picture: Picture | null): TemplateResult[] {
  return HEALTH.filter((kind) => picture === null || (picture.health[kind]?.[1] ?? 0) > 0).map((kind) => {
    const pair = picture?.health[kind];
    const short = pair !== undefined && pair[0] < pair[1];
    return html`<span class=${short ? 'short' : ''}>${codeWords('health', kind)} <b>${pair === undefined ? '–' : ltr(`${pair[0]}/${pair[1]}`)}</b></span>`;
  });
}

function weather(picture: Picture | null): TemplateResult | typeof nothing {
  const now = picture?.weather ?? null;
  if (now === null) return nothing;
  const parts: Words[] = [];
  if (now.text_key !== null) parts.push(hasText(now.text_key) ? t(now.text_key) : codeWords('weather', now.text_key));
  if (now.temperature_c !== null) parts.push(ltr(`${Math.round(now.temperature_c)} °C`));
  if (now.wind_m_s !== null) parts.push(t('weather.wind', { speed_m_s: now.wind_m_s }));
  if (now.visibility_km !== null) parts.push(t('weather.visibility', { km: now.visibility_km >= 10 ? String(Math.round(now.visibility_km)) : now.visibility_km.toFixed(1) }));
  return html`<div class="wx">${parts.map((part, i) => html`${i > 0 ? html`<em>·</em>` : nothing}<span>${part}</span>`)}</div>`;
}

function load(picture: Picture | null): TemplateResult {
  if (picture === null) return html`<span>${t('status.load')}</span> <b>–</b>`;
  const { bins, now, budget } = picture.load;
  return html`<span class="lbars" aria-hidden="true"
      >${bins.slice(-BINS).map((n) => html`<i class=${n > budget ? 'over' : n === 0 ? 'z' : ''} style="height:${Math.min(20, 3 + (8 * n) / Math.max(1, budget))}px"></i>`)}</span
    >
    <b class=${now > budget ? 'over' : ''}>${ltr(Number.isInteger(now) ? now : now.toFixed(1))}</b> <span>${t('status.load.of', { n: now, budget })}</span>`;
}

customElements.define('watch-status', WatchStatus);
