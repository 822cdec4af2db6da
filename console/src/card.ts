/** The card of the selected alert: what is known, from whom, what else it could be, who can be there, what to press. */

import { html, nothing, type TemplateResult } from 'lit';
import { distanceWords, kmWords, levelBars, whoWords } from './alertwords.ts';
import './clip.ts';
import { askCause } from './desk/asks.ts';
import { may, mine } from './desk/rights.ts';
import { act, keptFor, undo, undoOpen } from './link.ts';
import { prefs } from './prefs.ts';
import { responseCard } from './proposals.ts';
import { selectAlert, selectedAlert, sensorById, store, type Topic } from './store.ts';
import { codeWords, hasText, ltr, t, text, type Words } from './strings.ts';
import { alertIcon } from './symbols.ts';
import { clockText, hourMinute } from './times.ts';
import { trackCard } from './trackcard.ts';
import type { Alert, DispositionCode, Fact } from './types.ts';
import { exerciseMark, View } from './view.ts';

export const DISPOSITIONS: readonly { code: DispositionCode; letter: string }[] = [
  { code: 'true', letter: 'T' },
  { code: 'nuisance', letter: 'N' },
  { code: 'environment', letter: 'E' },
  { code: 'false', letter: 'F' },
  { code: 'own', letter: 'O' },
  { code: 'distress', letter: 'D' },
];

export const DEFER_S = 120;

export class WatchCard extends View {
  protected readonly topics: Topic[] = ['alerts', 'selection', 'kept', 'link', 'hello', 'respond'];

  override connectedCallback(): void {
    super.connectedCallback();
    // The undo seconds and the arrival scale move on by themselves.
    setInterval(() => {
      if (store.selection.alertId !== null || store.selection.trackId !== null) this.requestUpdate();
    }, 1000);
  }

  protected override render(): TemplateResult {
    const alert = selectedAlert();
    if (alert !== null) return this.alertCard(alert);
    if (store.selection.trackId !== null) return trackCard(store.selection.trackId);
    return html`<div class="none">${t(store.alertsKnown ? 'card.none' : 'card.loading')}</div>`;
  }

  private alertCard(alert: Alert): TemplateResult {
    const tone = alert.kind === 'distress' ? 'sos' : alert.state === 'open' ? 'open' : 'quiet';
    return html`<article class="cardbox ${tone}" data-testid="alert-card" data-alert-id=${alert.id} data-state=${alert.state} aria-label=${text('card.label')}>
      ${this.head(alert)}
      <div class="cardbody" tabindex="0" role="group" aria-label=${text('card.label')}>
        <div class="cb">
          ${alert.clip === null && alert.evidence ? cutout(alert) : html`<watch-clip .clip=${alert.clip} .reason=${alert.no_clip_reason_key}></watch-clip>`}
          <ol class="facts" tabindex="0" aria-label=${text('card.facts')}>${alert.facts.slice(0, 6).map((fact, i) => factLine(fact, i))}</ol>
        </div>
        ${responseCard(alert) ?? nothing} ${doubts(alert)}
      </div>
      ${actionCard(alert)}
      ${alert.test === null ? this.keys(alert) : revealed(alert.test)}
    </article>`;
  }

  private head(alert: Alert): TemplateResult {
    const eta = alert.eta;
    const who = alert.kind === 'sensor_dark' || alert.kind === 'fence_touched' ? null : whoWords(alert);
    return html`<div class="ch">
      ${alertIcon(alert.kind)}
      <div>
        <h1>
          ${exerciseMark()} ${codeWords('alert', alert.kind)}
          ${eta?.t50_s == null
            ? nothing
            : html`<span class="big">${ltr(hourMinute(eta.t50_s))}</span>
                ${eta.t5_s === null || eta.t95_s === null ? nothing : html`<em title=${text('eta.interval')}>${ltr(`${hourMinute(eta.t5_s)}–${hourMinute(eta.t95_s)}`)}</em>`}`}
        </h1>
        <p>
          ${store.desk !== null && store.desk.desks.length > 1 ? html`${t('card.desk', { desk: alert.desk })} · ` : nothing}${who === null ? nothing : html`${who} · `}${kmWords(alert)} · ${alert.kind === 'sensor_dark' ? nothing : html`${distanceWords(alert)} · `}${alert.mgrs === null ? '–' : ltr(alert.mgrs)}
        </p>
      </div>
      <div class="lkb"><div>${levelBars(alert)}</div>${!alert.p_note ? nothing : html`<small>${codeWords('p_note', alert.p_note)}</small>`}</div>
    </div>`;
  }

  private keys(alert: Alert): TemplateResult {
    const waiting = keptFor(alert.id);
    const done = alert.state === 'closed';
    const theirs = !may('answer') || !mine(alert);
    const seconds = undoOpen(alert.id) ? Math.ceil((store.undo!.until_ms - performance.now()) / 1000) : 0;
    const canUndo = waiting !== null ? waiting.action !== 'undo' : seconds > 0;
    const ownDisposition = alert.disposition;
    return html`<div class="cardkeys">
      <p class="said" role="status">${this.said(alert)}</p>
      <div class="go">
        <button
          type="button"
          class="pri"
          data-testid="acknowledge"
          ?disabled=${theirs || (alert.state !== 'open' && alert.state !== 'deferred')}
          @click=${() => acknowledge(alert.id)}
        >
          <kbd>↵</kbd>${t(alert.acknowledged === null ? 'do.acknowledge' : 'do.acknowledged')}
        </button>
        <button type="button" data-testid="defer" ?disabled=${theirs || done || alert.kind === 'distress'} @click=${() => defer(alert.id)}><kbd>L</kbd>${t('do.look_again')}</button>
        <button type="button" data-testid="undo" ?disabled=${!canUndo} @click=${() => undo(alert.id)}>
          <kbd>Z</kbd>${t('do.undo')}${seconds > 0 && waiting === null ? html` <em>${ltr(seconds)}</em>` : nothing}
        </button>
      </div>
      <div class="disp" role="group" aria-label=${text('do.disposition')}>
        ${DISPOSITIONS.map(
          ({ code, letter }) => html`<button
            type="button"
            data-testid="disposition-${code}"
            class=${ownDisposition?.code === code ? 'on' : ''}
            aria-pressed=${ownDisposition?.code === code ? 'true' : 'false'}
            ?disabled=${theirs || done}
            @click=${() => dispose(alert.id, code)}
          >
            <kbd>${letter}</kbd>${codeWords('disposition', code)}
          </button>`,
        )}
      </div>
    </div>`;
  }

  /** What became of the last key: on its way, kept, refused, or durable with name and time. */
  private said(alert: Alert): Words | typeof nothing {
    const waiting = keptFor(alert.id);
    if (waiting !== null) return store.link.state === 'online' ? t('said.sending') : t('said.kept');
    if (store.refusal?.alertId === alert.id) return t('said.refused', { status: store.refusal.status, detail: store.refusal.detail || '–' });
    if (alert.disposition !== null) {
      const { code, cause } = alert.disposition;
      return t('said.disposed', {
        what: cause === null ? codeWords('disposition', code) : html`${codeWords('disposition', code)} (${codeWords('why_not', cause)})`,
        by: alert.disposition.by,
        time: clockText(alert.disposition.t_s),
      });
    }
    if (alert.state === 'deferred' && alert.defer_until_s !== null) return t('said.deferred', { time: clockText(alert.defer_until_s) });
    if (alert.acknowledged !== null) return t('said.acknowledged', { by: alert.acknowledged.by, time: clockText(alert.acknowledged.t_s) });
    const told = alert.told.at(-1);
    if (told !== undefined) return t('said.told', { who: codeWords('told', told.to), time: clockText(told.t_s) });
    if (!may('answer')) return t('said.not_yours');
    if (!mine(alert)) return t('said.other_desk', { desk: alert.desk });
    return t('said.open');
  }
}

/* ---- what the keys and the buttons do ---- */

export function acknowledge(id: string): void {
  const alert = store.alerts.get(id);
  if (alert === undefined || !may('answer') || !mine(alert) || (alert.state !== 'open' && alert.state !== 'deferred')) return;
  if (keptFor(id)?.action === 'acknowledge') return;
  act(id, 'acknowledge');
}

export function dispose(id: string, code: DispositionCode): void {
  const alert = store.alerts.get(id);
  if (alert === undefined || !may('answer') || !mine(alert) || alert.state === 'closed' || keptFor(id)?.action === 'disposition') return;
  act(id, 'disposition', { code });
  if (code === 'nuisance' || code === 'environment') askCause(alert, code);
}

export function defer(id: string): void {
  const alert = store.alerts.get(id);
  // Distress outranks everything: it cannot be put off.
  if (alert === undefined || !may('answer') || !mine(alert) || alert.state === 'closed' || alert.kind === 'distress' || keptFor(id)?.action === 'defer') return;
  act(id, 'defer', { seconds: DEFER_S });
}

/* ---- parts ---- */

/** The map that was kept of an alert without a film: the place as it was then. */
function cutout(alert: Alert): TemplateResult {
  const why = alert.no_clip_reason_key;
  return html`<figure class="cutout" data-testid="cutout">
    <img src="api/evidence/${alert.id}/map" alt=${text('card.map')} />
    <figcaption>${why === null ? nothing : hasText(why) ? t(why) : codeWords('noclip', why.replace(/^noclip\./, ''))}</figcaption>
  </figure>`;
}

function revealed(test: NonNullable<Alert['test']>): TemplateResult {
  return html`<div class="cardkeys"><p class="revealed" role="status" data-testid="revealed">${t(test.outcome === 'answered' ? 'test.answered' : 'test.missed', { s: test.waited_s.toFixed(0) })}</p></div>`;
}

function factLine(fact: Fact, index: number): TemplateResult {
  const parts: Words[] = [];
  if (fact.source !== null) parts.push(sourceWords(fact.source));
  if (fact.t_s !== null) parts.push(ltr(clockText(fact.t_s)));
  return html`<li>
    <span class="no" aria-hidden="true">${index + 1}</span>
    <div><p>${t(fact.text_key, fact.args)}</p><small>${parts.map((part, i) => html`${i > 0 ? ' · ' : ''}${part}`)}</small></div>
  </li>`;
}

function sourceWords(source: string): Words {
  const sensor = sensorById(source);
  if (sensor !== null) return html`${codeWords('sensor', sensor.kind)} ${ltr(source)}`;
  const track = /^track (\d+)$/.exec(source);
  return track === null ? codeWords('source', source) : t('source.track_n', { id: track[1] });
}

function doubts(alert: Alert): TemplateResult | typeof nothing {
  const { verifiers } = alert;
  // "Could also be: unknown" says nothing.
  const could_be = alert.could_be.every((one) => /^(class\.)?unknown$/.test(one.class_key)) ? [] : alert.could_be;
  const { looks, cover, members } = alert;
  if (could_be.length + verifiers.length + looks.length + members.length === 0 && cover === null) return nothing;
  return html`<div class="alt">
    ${could_be.length === 0
      ? nothing
      : html`<h2>${t('card.could_be')}</h2>
          <p>${could_be.slice(0, 4).map((one) => html`<span>${hasText(one.class_key) ? t(one.class_key) : codeWords('class', one.class_key)} ${ltr(`${Math.round(100 * one.p)} %`)}</span>`)}</p>`}
    ${verifiers.length === 0
      ? nothing
      : html`<h2>${t('card.checked_by')}</h2>
          <p class="vf">
            ${verifiers.map((one) =>
              one.up
                ? html`<span class="y">✓ ${codeWords('verifier', one.name)}</span>`
                : html`<span class="x">✕ ${codeWords('verifier', one.name)} ${t('card.passed_without')}</span>`,
            )}
          </p>`}
    ${looks.length === 0 ? nothing : html`<h2>${t('card.looks')}</h2><p data-testid="looks">${looks.slice(-3).map(lookWords)}</p>`}
    ${cover === null
      ? nothing
      : html`<h2>${t('card.cover')}</h2>
          <p>${t('card.cover_at', { place: cover.place, d: String(Math.round(cover.distance_m)) })}${cover.at_s === null ? nothing : html` · ${ltr(hourMinute(cover.at_s))}`}</p>`}
    ${members.length === 0 ? nothing : html`<h2>${t('card.members', { n: members.length })}</h2><p>${members.slice(0, 12).map(memberLink)}</p>`}
  </div>`;
}

function lookWords(look: Alert['looks'][number]): TemplateResult {
  const words = look.state === 'refused' ? t(look.reason_key ?? 'cue.no_camera') : t(`cue.${look.state}`, { camera: look.camera, found: look.found ?? 0 });
  return html`<span>${words}</span>`;
}

/** An alert that a mass event stands for: still there, one press away. */
function memberLink(id: string): TemplateResult {
  const alert = store.alerts.get(id);
  return html`<button type="button" class="member" @click=${() => selectAlert(id)}>${alert === undefined ? id : kmWords(alert)}</button>`;
}

function actionCard(alert: Alert): TemplateResult | typeof nothing {
  const cards = store.site?.action_cards.filter((card) => card.alert === alert.kind) ?? [];
  const own = cards.find((card) => card.language === prefs.language) ?? cards.find((card) => card.language === '');
  const cell = (part: 'check' | 'call' | 'do_not'): TemplateResult => {
    const said = own?.[part];
    const fallback = `action.${alert.kind}.${part}`;
    // The site's own words are shown as they were written; without them, ours.
    const words = said ? (hasText(said) ? t(said) : html`<bdi>${said}</bdi>`) : hasText(fallback) ? t(fallback) : '–';
    return html`<div><h2>${t(`action.${part}`)}</h2><p>${words}</p></div>`;
  };
  return html`<div class="act" lang=${prefs.language}>${cell('check')}${cell('call')}${cell('do_not')}</div>`;
}

customElements.define('watch-card', WatchCard);
