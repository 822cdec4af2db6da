/** The map sheet: what the map shows, on paper. Seen as it will be printed; printed by the browser, or sent as PDF. */

import { html, nothing, type TemplateResult } from 'lit';
import { attributions } from '../layers.ts';
import type { WatchMap } from '../map.ts';
import { prefs } from '../prefs.ts';
import { nowS, store, type Topic } from '../store.ts';
import { ltr, t, text, type Words } from '../strings.ts';
import { clockText, validZone } from '../times.ts';
import { View } from '../view.ts';
import { drawSheet, type Drawn } from './draw.ts';
import { gridStepKm } from './grid.ts';
import { closeSheet, MARGIN_MM, PAPERS, sheet, type Paper } from './state.ts';

const SCALES = [5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000];
/** A CSS pixel on paper, millimetres. */
const PX_MM = 25.4 / 96;
/** Of the sheet's height: head, foot and legend, millimetres; a PDF's own head and foot are as high. */
const FRAME_MM = 50;

export class WatchSheet extends View {
  protected readonly topics: Topic[] = ['sheet'];
  private drawn: Drawn | null = null;
  private state: 'drawing' | 'drawn' | 'flat' = 'drawing';
  private scale = 50_000;
  private at: { center: [number, number]; width_m: number } | null = null;
  private mgrs = '';
  private t_s = 0;
  private noPdf = false;
  private wasOpen = false;

  protected override render(): TemplateResult | typeof nothing {
    if (!sheet.open || store.site === null) return nothing;
    const [w, h] = PAPERS[sheet.paper];
    return html`<section class="sheetview" role="dialog" aria-modal="true" aria-label=${text('sheet.title')} data-testid="sheet" data-state=${this.state}>
      <style>
        ${`@page { size: ${w}mm ${h}mm; margin: ${MARGIN_MM}mm; }`}
      </style>
      <div class="sheetbar">
        <h2>${t('sheet.title')}</h2>
        <label>${t('sheet.name')} <input name="title" .value=${sheet.title} @input=${(event: Event) => this.write('title', event)} /></label>
        <label>${t('sheet.mark')} <input name="mark" .value=${sheet.mark} @input=${(event: Event) => this.write('mark', event)} /></label>
        <label>${t('sheet.paper')} <select name="paper" @change=${(event: Event) => this.choose({ paper: (event.target as HTMLSelectElement).value as Paper })}>${Object.keys(PAPERS).map((one) => html`<option ?selected=${one === sheet.paper}>${one}</option>`)}</select></label>
        <label>${t('sheet.scale')} <select name="scale" @change=${(event: Event) => this.choose({ scale: Number((event.target as HTMLSelectElement).value) })}>${SCALES.map((one) => html`<option value=${one} ?selected=${one === this.scale}>${scaleText(one)}</option>`)}</select></label>
        <button type="button" data-testid="sheet-print" ?disabled=${this.state !== 'drawn'} @click=${() => print()}>${t('sheet.print')}</button>
        <button type="button" data-testid="sheet-pdf" ?disabled=${this.state !== 'drawn'} @click=${() => void this.pdf()}>${t('sheet.pdf')}</button>
        <button type="button" class="away" data-testid="sheet-close" @click=${() => closeSheet()}><kbd>${'Esc'}</kbd> ${t('help.close')}</button>
        ${this.state === 'drawing' ? html`<span role="status">${t('sheet.drawing')}</span>` : this.state === 'flat' ? html`<b role="status">${t('map.no_webgl')}</b>` : nothing}
        ${this.noPdf ? html`<b role="status">${t('sheet.no_pdf')}</b>` : nothing}
      </div>
      <div class="scrolls" tabindex="0" role="group" aria-label=${text('sheet.map')}>
        <article class="paper" style="width:${w - 2 * MARGIN_MM}mm;height:${h - 2 * MARGIN_MM - 2}mm">
          <div class="marks">${this.marks().map((one) => html`<b dir="auto">${one}</b>`)}</div>
          <h3><span dir="auto">${this.called()}</span> <span class="away">${ltr(scaleText(this.scale))}</span></h3>
          <div class="drawing" role="img" aria-label=${text('map.label')}></div>
          <div class="foot2">${this.lines().map((one) => html`<span>${one}</span>`)}</div>
          <div class="marks">${this.marks().map((one) => html`<b dir="auto">${one}</b>`)}</div>
        </article>
      </div>
    </section>`;
  }

  protected override updated(): void {
    this.querySelector('.drawing')?.replaceChildren(...(this.drawn === null ? [] : [this.drawn.picture]));
    if (sheet.open === this.wasOpen) return;
    this.wasOpen = sheet.open;
    // What lies behind a sheet cannot be reached while it is open.
    for (const other of this.parentElement?.children ?? []) if (other !== this) (other as HTMLElement).inert = sheet.open;
    if (!sheet.open) {
      this.drawn = null;
      return;
    }
    this.at = document.querySelector<WatchMap>('watch-map')?.lookingAt() ?? null;
    this.scale = SCALES.find((one) => one * this.mapWidthM() >= (this.at?.width_m ?? 0)) ?? SCALES.at(-1)!;
    this.querySelector<HTMLElement>('[name=title]')?.focus();
    void this.draw();
  }

  /** Width of the map on paper, metres. */
  private mapWidthM(): number {
    return (PAPERS[sheet.paper][0] - 2 * MARGIN_MM) / 1000;
  }

  private write(which: 'title' | 'mark', event: Event): void {
    sheet[which] = (event.target as HTMLInputElement).value;
    this.requestUpdate();
  }

  private choose(what: { paper?: Paper; scale?: number }): void {
    if (what.paper !== undefined) sheet.paper = what.paper;
    if (what.scale !== undefined) this.scale = what.scale;
    void this.draw();
  }

  private async draw(): Promise<void> {
    if (this.at === null) {
      this.state = 'flat';
      return this.requestUpdate();
    }
    this.state = 'drawing';
    this.requestUpdate();
    const [w, h] = PAPERS[sheet.paper].map((mm) => (mm - 2 * MARGIN_MM) / PX_MM) as [number, number];
    const { center } = this.at;
    this.t_s = store.past_s ?? nowS();
    const place = fetch(`api/ground/measure?way=${center.join(',')}`).then((answer) => (answer.ok ? answer.json() : null));
    const drawn = await drawSheet(Math.floor(w), Math.floor(h - FRAME_MM / PX_MM), center, (this.scale * PX_MM) / 1000, sheet.paper === 'A4' ? 2 : 1.5);
    const told = (await place.catch(() => null)) as { points: { mgrs: string }[] } | null;
    if (!sheet.open) return;
    this.mgrs = told?.points[0]?.mgrs ?? '';
    this.drawn = drawn;
    this.state = drawn === null ? 'flat' : 'drawn';
    this.requestUpdate();
  }

  private called(): string {
    return sheet.title.trim() === '' ? store.site!.name : sheet.title.trim();
  }

  /** Over and under the sheet: what it may be used for, and that it is none of reality. */
  private marks(): string[] {
    const forced = [
      ...(store.hello?.exercise === true ? [text('status.exercise_on')] : []),
      ...(store.hello?.simulated === true ? [text('sheet.simulated')] : []),
    ];
    return [...(sheet.mark.trim() === '' ? [] : [sheet.mark.trim()]), ...forced];
  }

  private lines(): Words[] {
    return this.said().map(([key, args]) => t(key, args));
  }

  private said(): [string, Record<string, string>][] {
    const site = store.site!;
    const zones = `UTM ${this.drawn?.zones.join(', ') ?? ''}`;
    const step = text('scale.km', { n: String(gridStepKm(this.drawn?.metresPerPixel ?? 1)) });
    const whose = attributions().join(' · ');
    return [
      ['sheet.when', { local: moment(this.t_s, site.timezone), utc: `${moment(this.t_s, 'UTC')} UTC` }],
      ['sheet.grid', { zones, step }],
      ['sheet.centre', { mgrs: this.mgrs }],
      ['sheet.north', {}],
      ['sheet.by', { site: site.name, version: site.version, who: store.hello?.user ?? '–' }],
      ...(whose === '' ? [] : [['sheet.whose', { whose }] as [string, Record<string, string>]]),
    ];
  }

  private async pdf(): Promise<void> {
    const png = this.drawn?.picture.toDataURL('image/png').split(',')[1];
    if (png === undefined) return;
    const body = { png, title: `${this.called()} · ${scaleText(this.scale)}`, language: prefs.language, paper: sheet.paper, mark: sheet.mark.trim(), lines: this.said().map(([key, args]) => text(key, args)) };
    const answer = await fetch('api/map-sheet.pdf', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }).catch(() => null);
    this.noPdf = answer === null || !answer.ok;
    this.requestUpdate();
    if (answer === null || !answer.ok) return;
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(await answer.blob()), download: 'map-sheet.pdf' });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}

function scaleText(scale: number): string {
  return `1 : ${String(scale).replace(/\B(?=(\d{3})+$)/g, ' ')}`;
}

/** 2018-01-23 03:12: a date that cannot be read as another. */
function moment(t_s: number, zone: string): string {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: validZone(zone), dateStyle: 'short' }).format(new Date(t_s * 1000));
  return `${day} ${clockText(t_s, validZone(zone)).slice(0, 5)}`;
}

customElements.define('watch-sheet', WatchSheet);
