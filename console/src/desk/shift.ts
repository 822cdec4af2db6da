/** The shift: who has each desk, its handover with both signatures, and the log. */

import { html, nothing, type TemplateResult } from 'lit';
import { wish } from '../link.ts';
import { prefs } from '../prefs.ts';
import { store, type Topic } from '../store.ts';
import { codeWords, ltr, t, text, type Words } from '../strings.ts';
import { clockText, hourMinute } from '../times.ts';
import type { Desk, LogLine, OpenItem, Shift } from '../types.ts';
import { View } from '../view.ts';
import { askPhrase, phraseWords } from './asks.ts';
import { may } from './rights.ts';

export class DeskShift extends View {
  protected readonly topics: Topic[] = ['desk', 'hello'];
  /** The desk whose sheet was asked for here: its form goes, and the focus goes on to the signature. */
  private asked = '';

  protected override updated(): void {
    const sign = this.asked === '' ? null : this.querySelector<HTMLElement>(`[data-testid="sheet-${CSS.escape(this.asked)}"] [data-testid=sign]`);
    if (sign === null) return;
    this.asked = '';
    sign.focus();
  }

  protected override render(): TemplateResult {
    const { desk } = store;
    if (desk === null) return html`<p class="none">${t('drawer.loading')}</p>`;
    return html`${desk.desks.map((one) => this.deskOf(desk, one))} ${this.log(desk)}`;
  }

  private deskOf(desk: Desk, one: Desk['desks'][number]): TemplateResult {
    const shift = desk.shifts.find((candidate) => candidate.desk === one.id);
    const last = desk.last_shifts[one.id];
    return html`<article class="desk" data-testid="desk-${one.id}">
      <h2>
        ${one.id} <span>${t('km.range', { range: `${one.from_km.toFixed(0)}–${Math.min(one.to_km, (store.site?.length_m ?? 0) / 1000).toFixed(0)}` })}</span>
        <b>${one.holder === null ? t('shift.nobody') : t('shift.holder', { name: one.holder })}</b>
      </h2>
      ${shift === undefined ? this.prepare(desk, one) : sheet(desk, shift)}
      ${last === undefined || last.incoming_s === null
        ? nothing
        : html`<p class="quiet">${t('shift.last', { outgoing: last.outgoing, incoming: last.incoming, time: clockText(last.incoming_s) })} ${paper(last.handover)}</p>`}
    </article>`;
  }

  private prepare(desk: Desk, one: Desk['desks'][number]): TemplateResult | typeof nothing {
    const { me } = desk;
    if (!may('hand_over') || (one.holder !== me.user && me.role !== 'shift_commander')) return nothing;
    const next = desk.people.filter(
      (person) => person.name !== (one.holder ?? me.user) && ['tower_operator', 'shift_commander'].includes(person.role) && (person.role === 'shift_commander' || ['', one.id].includes(person.desk)),
    );
    return html`<form
      class="row"
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        const form = new FormData(event.target as HTMLFormElement);
        this.asked = one.id;
        wish('prepare', { desk: one.id, incoming: String(form.get('incoming')), note: String(form.get('note')) });
      }}
    >
      <label>${t('shift.to')} <select name="incoming">${next.map((person) => html`<option value=${person.name}>${person.name}</option>`)}</select></label>
      <label class="wide">${t('shift.note')} <input name="note" maxlength="500" /></label>
      <button type="submit" data-testid="prepare-${one.id}">${t('shift.prepare')}</button>
    </form>`;
  }

  private log(desk: Desk): TemplateResult {
    return html`<article class="log">
      <h2>${t('log.title')} ${may('write') ? html`<button type="button" @click=${askPhrase}><kbd>J</kbd>${t('log.write')}</button>` : nothing}</h2>
      ${may('write')
        ? html`<form
            class="row"
            @submit=${(event: SubmitEvent) => {
              event.preventDefault();
              const form = event.target as HTMLFormElement;
              const said = String(new FormData(form).get('text')).trim();
              if (said !== '') wish('write', { text: said, what: 'note' });
              form.reset();
            }}
          >
            <label class="wide">${t('log.in_words')} <input name="text" maxlength="500" /></label>
            <button type="submit">${t('log.add')}</button>
          </form>`
        : nothing}
      <ol>${[...desk.log].reverse().map((line) => logLine(desk, line))}</ol>
      ${desk.log.length === 0 ? html`<p class="quiet">${t('log.none')}</p>` : nothing}
    </article>`;
  }
}

function sheet(desk: Desk, shift: Shift): TemplateResult {
  const { user } = desk.me;
  const side = user === shift.outgoing && shift.outgoing_s === null ? 'outgoing' : user === shift.incoming && shift.outgoing_s !== null ? 'incoming' : null;
  return html`<div class="sheet" data-testid="sheet-${shift.desk}">
    <p>${t('shift.under_way', { outgoing: shift.outgoing, incoming: shift.incoming, time: hourMinute(shift.t_s) })} ${paper(shift.handover)}</p>
    ${shift.note === '' ? nothing : html`<p class="quiet"><bdi>${shift.note}</bdi></p>`}
    <h3>${t('shift.open', { n: shift.items.length })}</h3>
    <ol class="items">${shift.items.map(itemLine)}</ol>
    <p class="quiet">${t('shift.stays')}</p>
    <div class="signs">
      ${signature(shift.outgoing, shift.outgoing_s)} ${signature(shift.incoming, shift.incoming_s)}
      ${side === null
        ? nothing
        : html`<button type="button" class="pri" data-testid="sign" @click=${() => wish('sign', { handover: shift.handover, digest: shift.digest })}>
            <span>${t('shift.sign', { n: shift.items.length })}</span>
          </button>`}
    </div>
  </div>`;
}

function signature(name: string, t_s: number | null): TemplateResult {
  return html`<span class=${t_s === null ? 'unsigned' : 'signed'}><b>${name}</b> ${t_s === null ? t('shift.unsigned') : t('shift.signed', { time: clockText(t_s) })}</span>`;
}

function itemLine(item: OpenItem): TemplateResult {
  const place: Words | typeof nothing = item.s_m == null ? nothing : t('km.at', { km: (item.s_m / 1000).toFixed(1) });
  return html`<li>
    <b>${item.state === 'shelved' ? codeWords('shelved', item.what) : codeWords('alert', item.what)}</b> <span>${place}</span> <span>${ltr(clockText(item.since_s))}</span>
    <span>${codeWords('item', item.state)}</span> <span>${item.by ?? ''}</span>
  </li>`;
}

function logLine(desk: Desk, line: LogLine): TemplateResult {
  const phrase = desk.phrases.find((one) => one.id === line.phrase);
  const parts: Words[] = [];
  if (line.phrase !== '') parts.push(phrase === undefined ? codeWords('phrase', line.phrase) : phraseWords(phrase));
  for (const part of [line.text, line.unit, line.alert]) if (part !== '') parts.push(html`<bdi>${part}</bdi>`);
  return html`<li data-testid="log-line">
    ${ltr(clockText(line.t_s))} <em>${line.by}</em> <em>${codeWords('log', line.what)}</em>
    <span>${parts.map((part, i) => html`${i > 0 ? ' · ' : ''}${part}`)}</span>
  </li>`;
}

/** The sheet to print; there is none of an exercise. */
function paper(handover: string): TemplateResult | typeof nothing {
  if (store.hello?.exercise === true) return nothing;
  return html`<a href="api/report/handover.pdf?number=${handover}&lang=${prefs.language}" download title=${text('shift.paper')}>${t('shift.paper')}</a>`;
}

customElements.define('desk-shift', DeskShift);
