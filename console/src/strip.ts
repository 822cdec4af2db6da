/**
 * The strip: the line pulled straight. Kilometres across, outside above, home below.
 *
 * Never mirrored: km 0 stays at its geographic end in every language. Distance from the line is drawn on a square-root
 * scale, because what happens within the last kilometre matters most and crowds otherwise.
 */

import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { ASKS, asksFrom, NOTED, notInView, runs, unknownRuns, worstStretch } from './band.ts';
import type { Box } from './canvas.ts';
import { chainageAt, lineAt } from './geo.ts';
import { notFree, offered, underWay } from './desk/respond.ts';
import { tracksNow } from './motion.ts';
import { toggleOverTime } from './overtime/rows.ts';
import { prefs, rightToLeft } from './prefs.ts';
import { lookAt, raised, selectAlert, selectTrack, store, version, type Topic } from './store.ts';
import { codeText, hasText, ltr, t, text, type Words } from './strings.ts';
import { Crowd, Places } from './crowd.ts';
import { paintStripTracks, stripScale, type StripHit } from './striptracks.ts';
import { CROSS, GATE, OCTAGON, TOWER, unitPaths, X_MARK } from './symbols.ts';
import { hourMinute } from './times.ts';
import { flagged } from './trackstyle.ts';
import type { Alert, Look, Picture, Sensor, Site, Unit } from './types.ts';
import { exerciseMark, Painted } from './view.ts';

/** from: what it was drawn from; took: the room it takes, where no name may stand. */
interface Part {
  from: readonly unknown[];
  drawn: unknown;
  took: Box[];
}

/** Kilometres across: the same for the strip and for the line over time. */
export interface Along {
  x0: number;
  x1: number;
  x: (s_m: number) => number;
  s: (x: number) => number;
}

/** Everything the strip needs to place a thing; recomputed when the box or the site changes. */
export interface Frame extends Along {
  width: number;
  height: number;
  top: number;
  line: number;
  band: number;
  wire: number;
  home: number;
  axis: number;
  y: (d_m: number) => number;
}

/** Rows of fixed height: title above, numbers and barriers between band and home, axis and fold below. */
const TOP = 40;
const BETWEEN = 38;
const BELOW = 32;

export function alongFor(site: Site, width: number, rtl: boolean): Along {
  const x0 = rtl ? 28 : 132;
  const x1 = rtl ? width - 132 : width - 28;
  // km 0 at its geographic end: on the right when the line begins in the east.
  const eastward = site.line.at(-1)![0] >= site.line[0]![0];
  const a = eastward ? x0 : x1;
  const k = ((eastward ? 1 : -1) * (x1 - x0)) / site.length_m;
  return { x0, x1, x: (s_m) => a + k * s_m, s: (x) => (x - a) / k };
}

/** Kilometres between two numbers of the axis. */
export function kilometreStep(length_m: number): number {
  return length_m > 120_000 ? 10 : length_m > 40_000 ? 5 : 1;
}

export function frameFor(site: Site, width: number, height: number, rtl: boolean): Frame {
  const top = TOP - (height < 290 ? 4 : 0);
  const spare = height - top - BETWEEN - BELOW;
  const line = top + 0.49 * spare;
  const band = line + 0.14 * spare;
  const home = band + BETWEEN;
  const axis = height - BELOW;
  return {
    ...alongFor(site, width, rtl),
    width,
    height,
    top,
    line,
    band,
    wire: band + 28,
    home,
    axis,
    y: (d_m) =>
      d_m <= 0
        ? line - (line - top) * Math.sqrt(Math.min(1, -d_m / site.outside_depth_m))
        : home + (axis - home) * Math.sqrt(Math.min(1, d_m / site.home_depth_m)),
  };
}

export class WatchStrip extends Painted {
  protected readonly topics: Topic[] = ['site', 'picture', 'alerts', 'selection', 'window', 'link', 'hello', 'respond'];
  private frame: Frame | null = null;
  private taken: Box[] = [];
  private hits: StripHit[] = [];
  private crowd: Crowd | null = null;
  private readonly places = new Places();
  private parts = new Map<string, Part>();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.crowd?.end();
    this.crowd = null;
  }

  protected paint(): void {
    const [under, canvas] = this.querySelectorAll('canvas');
    if (under === undefined || canvas === undefined || this.frame === null || store.site === null) return;
    this.crowd ??= new Crowd(under, stripScale);
    this.hits = paintStripTracks(canvas, this.crowd, this.places, this.frame, this.taken, tracksNow());
  }

  protected metresPerPixel(): number {
    return this.frame === null ? Infinity : Math.abs(this.frame.s(1) - this.frame.s(0));
  }

  protected override render(): TemplateResult {
    const { site, picture } = store;
    if (this.box.width === 0) return html``;
    const frame = site === null ? null : this.frameOf(site);
    this.frame = frame;
    this.taken = [];
    return html`
      <div class="sh">
        <h2>${t('strip.title')}</h2>${exerciseMark()}
        ${store.hello?.exercise === false
          ? html`<button type="button" class="face" data-testid="overtime-switch" @click=${() => toggleOverTime(true)}><kbd>V</kbd>${t('overtime.open')}</button>`
          : nothing}
      </div>
      ${headline(picture)}
      <svg
        data-testid="strip"
        role="img"
        aria-label=${summary(picture)}
        width=${this.box.width}
        height=${this.box.height}
        @click=${(event: MouseEvent) => this.clicked(event)}
      >
        <defs>
          <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="6" height="6" fill="var(--bg-0)" /><path d="M0 0V6" stroke="var(--void)" stroke-width="1.6" />
          </pattern>
        </defs>
        ${frame === null || site === null ? nothing : this.drawing(frame, site, picture)}
      </svg>
      <canvas class="over" aria-hidden="true" style="width:${this.box.width}px;height:${this.box.height}px"></canvas>
      <canvas class="over" data-testid="strip-tracks" aria-hidden="true" style="width:${this.box.width}px;height:${this.box.height}px"></canvas>
    `;
  }

  /** The same frame while box, site and language are the same, so that what was drawn in it stands. */
  private frameOf(site: Site): Frame {
    const made = this.drawnOnce('frame', [site, this.box.width, this.box.height, prefs.language], () => frameFor(site, this.box.width, this.box.height, rightToLeft()));
    return made.drawn as Frame;
  }

  /** What is drawn anew only when something it shows has changed, with the room that it takes. */
  private drawnOnce(name: string, from: readonly unknown[], draw: (taken: Box[]) => unknown): Part {
    const had = this.parts.get(name);
    if (had !== undefined && had.from.length === from.length && had.from.every((one, i) => one === from[i])) {
      this.taken.push(...had.took);
      return had;
    }
    const before = this.taken.length;
    const drawn = draw(this.taken);
    const part = { from, drawn, took: this.taken.slice(before) };
    this.parts.set(name, part);
    return part;
  }

  private drawing(frame: Frame, site: Site, picture: Picture | null): SVGTemplateResult {
    const shown = (part: Part): unknown => guard([part.drawn], () => part.drawn);
    // First, because everything else keeps out of the way of a distress sign.
    const marks = this.drawnOnce('marks', [frame, version('alerts'), store.selection.alertId, store.past_s], (taken) => alertMarks(frame, taken));
    const scale = this.drawnOnce('scale', [frame], () => [offsetScale(frame, site), rowLabels(frame), axis(frame, site)]);
    const [{ in_view, why } = { in_view: [], why: [] }] = [picture?.strip];
    const strength = this.drawnOnce('band', [frame, in_view.join(), why.join()], (taken) => band(frame, picture, taken));
    const ground = this.drawnOnce('ground', [frame], () => [barriers(frame, site), posts(frame, site)]);
    const dark = picture?.looks.filter((look) => look.state === 'dark').map((look) => `${look.sensor} ${look.cause} ${look.since_s}`);
    const eyes = this.drawnOnce('towers', [frame, dark?.join(), marks, strength], (taken) => towers(frame, site, picture, taken));
    return svg`
      <rect x=${frame.x0} y=${frame.top} width=${frame.x1 - frame.x0} height=${frame.line - frame.top} class="zo" />
      <rect x=${frame.x0} y=${frame.home} width=${frame.x1 - frame.x0} height=${frame.axis - frame.home} class="zh" />
      ${shown(scale)} ${guard([frame, store.window?.[0], store.window?.[1]], () => this.windowMark(frame))}
      ${shown(strength)} ${shown(ground)} ${shown(eyes)} ${bare(frame)} ${shown(marks)} ${meetings(frame)}
      ${units(frame, picture?.units ?? [], this.taken)}
    `;
  }

  /** The stretch the map shows, unfolded downwards to the map's own edges. */
  private windowMark(frame: Frame): SVGTemplateResult | typeof nothing {
    const stretch = store.window;
    if (stretch === null) return nothing;
    const xs = [frame.x(stretch[0] * 1000), frame.x(stretch[1] * 1000)].sort((a, b) => a - b) as [number, number];
    const clip = (x: number): number => Math.min(frame.x1, Math.max(frame.x0, x));
    const [a, b] = [clip(xs[0]), clip(xs[1])];
    if (b - a < 1) return nothing;
    const map = document.querySelector('watch-map')?.getBoundingClientRect();
    const here = this.getBoundingClientRect();
    const fold =
      map === undefined
        ? ''
        : `M${a} ${frame.axis}L${map.left - here.left} ${frame.height}M${b} ${frame.axis}L${map.right - here.left} ${frame.height}`;
    return svg`<rect class="win-fill" x=${a} y=${frame.top} width=${b - a} height=${frame.axis - frame.top} />
      <path class="win-edge" d="M${a} ${frame.top}V${frame.axis}M${b} ${frame.top}V${frame.axis}${fold}" />`;
  }

  private clicked(event: MouseEvent): void {
    const { site } = store;
    if (this.frame === null || site === null) return;
    const here = this.getBoundingClientRect();
    const x = event.clientX - here.left;
    const y = event.clientY - here.top;
    if (x < this.frame.x0 || x > this.frame.x1) return;
    const sign = (event.target as Element).closest('[data-alert-id]');
    if (sign !== null) return selectAlert(sign.getAttribute('data-alert-id'));
    const hit = this.hits.find((one) => Math.hypot(one.x - x, one.y - y) < 14);
    if (hit?.alert) return selectAlert(hit.alert);
    const track = hit?.track ?? this.places.trackAt(x, y, 14);
    if (track !== null) return selectTrack(track);
    const at = lineAt(site, this.frame.s(x));
    lookAt(at.lon, at.lat);
  }
}

/** A reason the catalogue knows, or the sensors whose silence is the reason. */
function whyText(why: string): string {
  return hasText(`why.${why}`) ? text(`why.${why}`) : text('why.sensors', { sensors: why });
}

function whyWords(why: string): Words {
  return hasText(`why.${why}`) ? t(`why.${why}`) : t('why.sensors', { sensors: why });
}

/** The kilometre in the middle of the map. */
export function kilometre(): number {
  const { site, goal, window } = store;
  if (site === null) return 0;
  if (goal !== null) return chainageAt(site, goal.lon, goal.lat) / 1000;
  return window === null ? 0 : (window[0] + window[1]) / 2;
}

/** Moves the map along the line; the alert stays selected. */
export function stepAlong(km: number): void {
  const { site } = store;
  if (site === null || store.window === null) return;
  const s_m = 1000 * kilometre();
  const eastward = site.line.at(-1)![0] >= site.line[0]![0] ? 1 : -1;
  const at = lineAt(site, Math.min(site.length_m, Math.max(0, s_m + eastward * km * 1000)));
  lookAt(at.lon, at.lat);
}

/* ---- words ---- */

export function headline(picture: Picture | null): TemplateResult {
  if (picture === null) return html`<div class="weak"><span>${t('strip.loading')}</span></div>`;
  const worst = worstStretch(picture.strip.in_view);
  const unknown = unknownRuns(picture.strip.in_view).reduce((sum, run) => sum + run.to - run.from, 0);
  const why = worst === null ? null : mainReason(picture.strip.why, worst.from, worst.to);
  return html`<div class="weak" data-testid="headline">
    <span>${t(store.past_s === null ? 'strip.watched' : 'past.watched')}</span> <b class="big">${picture.watched === null ? '–' : ltr(`${Math.floor(100 * picture.watched)} %`)}</b>
    ${worst === null
      ? nothing
      : html`<span class="sep"></span><span>${t('strip.worst')}</span>
          <b>${t('km.range', { range: `${worst.from}–${worst.to}` })}</b>
          <b class=${worst.worst >= ASKS ? 'big need' : 'big'}>${ltr(`${Math.round(100 * worst.worst)} %`)}</b>
          <span>${t('strip.not_in_view')}</span>
          ${why === null ? nothing : html`<span class="sep"></span><span class="why">${whyWords(why)}</span>`}`}
    ${unknown === 0 ? nothing : html`<span class="sep"></span><span>${t('strip.unknown_km', { n: unknown })}</span>`}
    ${unseen(picture)}
  </div>`;
}

/** What the account of the latest minute says, beside its interval; who may know it is told the weakest way too. */
function unseen(picture: Picture): TemplateResult | typeof nothing {
  const found = picture.unseen;
  if (!found) return nothing;
  const percent = (p: number): TemplateResult => ltr(`${Math.round(100 * p)} %`);
  const range = ltr(`${Math.round(100 * found.low)}–${Math.round(100 * found.high)} %`);
  return html`<span class="sep"></span><span data-testid="unseen" title=${text('strip.unseen.title')}>${t('strip.unseen')}</span>
    <b class="big">${percent(found.mean)}</b> <span>${range}</span>
    ${found.weakest === null || found.weakest_km === null
      ? nothing
      : found.open_km
      ? html`<span class="sep"></span><b class="big">${ltr(String(found.open_km))}</b> <span>${t('strip.open_km')}</span>`
      : html`<span>${t('strip.best_way')}</span> <b>${t('km.range', { range: `${found.weakest_km}–${found.weakest_km + 1}` })}</b>
          <b>${percent(found.weakest)}</b>`}`;
}

function mainReason(why: (string | null)[], from: number, to: number): string | null {
  const votes = new Map<string, number>();
  for (const one of why.slice(from, to)) if (one !== null) votes.set(one, (votes.get(one) ?? 0) + 1);
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

function summary(picture: Picture | null): string {
  if (picture === null) return text('strip.loading');
  const weak = runs(picture.strip.in_view, ASKS);
  const parts = [text('strip.label')];
  if (picture.watched !== null) parts.push(`${text('strip.watched')} ${Math.floor(100 * picture.watched)} %`);
  for (const run of weak.slice(0, 6)) {
    parts.push(`${text('km.range', { range: `${run.from}–${run.to}` })} ${Math.round(100 * run.worst)} % ${text('strip.not_in_view')}`);
  }
  return parts.join('. ');
}

/* ---- drawing, from top to bottom ---- */

/** Text that reads right in both directions; in a right-to-left page SVG swaps what start and end mean. */
function words(x: number, y: number, content: string, cls: string, anchor: 'start' | 'middle' | 'end' = 'start'): SVGTemplateResult {
  const arabic = /[\u0600-\u06ff]/.test(content);
  const side = arabic && anchor !== 'middle' ? (anchor === 'start' ? 'end' : 'start') : anchor;
  return svg`<text x=${x} y=${y} class=${cls} text-anchor=${side} direction=${arabic ? 'rtl' : 'ltr'}>${content}</text>`;
}

function offsetScale(frame: Frame, site: Site): SVGTemplateResult[] {
  const depth_km = site.outside_depth_m / 1000;
  const marks = [0.5, 1, 2, 4, 8, 16].filter((km) => km <= depth_km);
  const shown = marks.filter((km, i) => frame.line - frame.y(-km * 1000) > 24 || i === marks.length - 1);
  const right = rightToLeft();
  return shown.map(
    (km) => svg`<path class="g" d="M${frame.x0} ${frame.y(-km * 1000)}H${frame.x1}" />
      ${words(right ? frame.x1 + 6 : frame.x0 - 6, frame.y(-km * 1000) + 4, String(km), 'ax', right ? 'start' : 'end')}`,
  );
}

function rowLabels(frame: Frame): SVGTemplateResult[] {
  const right = rightToLeft();
  const x = right ? frame.width - 16 : 16;
  const anchor = right ? 'end' : 'start';
  const pair = (y: number, head: string, foot: string): SVGTemplateResult =>
    svg`${words(x, y, head, 'lbb', anchor)}${words(x, y + 16, foot, 'lb2', anchor)}`;
  return [
    pair(frame.top + 16, text('strip.outside'), text('strip.outside.unit')),
    pair(frame.line + 8, text('strip.band'), text('strip.band.unit')),
    words(x, frame.wire + 4, text('strip.barriers'), 'lb', anchor),
    pair(frame.home + 26, text('strip.home'), text('strip.home.unit')),
    words(x, frame.axis + 20, text('strip.km'), 'lb', anchor),
  ];
}

function axis(frame: Frame, site: Site): SVGTemplateResult {
  const last = site.length_m / 1000;
  const step = kilometreStep(site.length_m);
  let ticks = '';
  const labels: SVGTemplateResult[] = [];
  const zone = site.zone_break_km;
  // A kilometre number beside the break: the zone names step aside for it.
  const crowded = zone !== null && Math.abs(zone - step * Math.round(zone / step)) * Math.abs(frame.x(1000) - frame.x(0)) < 40;
  for (let km = 0; km <= last + 1e-6; km++) {
    const x = frame.x(km * 1000);
    ticks += `M${x} ${frame.axis}v${km % 10 === 0 ? 7 : km % 5 === 0 ? 5 : 3}`;
    if (km % step === 0) labels.push(words(x, frame.axis + 20, String(km), 'axk', 'middle'));
  }
  return svg`<path class="axis" d="M${frame.x0} ${frame.axis}H${frame.x1}${ticks}" />${labels}
    ${
      zone === null
        ? nothing
        : svg`<path class="zone" d="M${frame.x(zone * 1000)} ${frame.axis - 8}v16" />
            ${words(frame.x(zone * 1000) - (crowded ? 18 : 5), frame.axis + 20, site.zones[0] ?? '', 'ax', 'end')}
            ${words(frame.x(zone * 1000) + (crowded ? 18 : 5), frame.axis + 20, site.zones[1] ?? '', 'ax', 'start')}`
    }`;
}

function band(frame: Frame, picture: Picture | null, taken: Box[]): SVGTemplateResult {
  const ground = svg`<rect x=${frame.x0} y=${frame.line} width=${frame.x1 - frame.x0} height=${frame.band - frame.line} fill="var(--b0)" />`;
  if (picture === null) return ground;
  const { in_view, why, step_km } = picture.strip;
  const x = (i: number): number => frame.x(i * step_km * 1000);
  const span = (i: number, j: number): [number, number] => [Math.min(x(i), x(j)), Math.abs(x(j) - x(i))];
  const full = frame.band - frame.line;
  const asks = asksFrom(in_view);
  const bars = in_view.map((share, i) => {
    const missing = notInView(share);
    if (missing === null) return nothing;
    // Square root, so that a few per cent are still a bar and not a hair.
    const h = full * Math.sqrt(missing);
    const [left, width] = span(i, i + 1);
    if (i * step_km * 1000 >= store.site!.length_m - 1) return nothing;
    const fill = missing >= asks ? 'var(--b3)' : missing >= NOTED ? 'var(--b2)' : 'var(--b1)';
    return svg`<rect x=${left + 0.4} y=${frame.band - h} width=${Math.max(0.6, width - 0.8)} height=${h} fill=${fill} />`;
  });
  const voids = unknownRuns(in_view).map((run) => {
    const [left, width] = span(run.from, run.to);
    const reason = why[run.from];
    return svg`<g><title>${reason ? `${text('unknown')}: ${whyText(reason)}` : text('unknown')}</title>
      <rect x=${left} y=${frame.line} width=${width} height=${full} fill="url(#hatch)" stroke="var(--void)" stroke-width=".8" /></g>`;
  });
  // Numbers: the worst first, then as many as fit without touching.
  const notes = [...runs(in_view, asks), ...runs(in_view, NOTED).filter((run) => run.worst < asks)]
    .map((run) => ({ x: (x(run.from) + x(run.to)) / 2, worst: run.worst, text: String(Math.round(100 * run.worst)), half: 12 }))
    .sort((a, b) => b.worst - a.worst);
  const placed: { x: number; half: number }[] = [];
  const room = (at: number, half: number): boolean => {
    if (placed.some((one) => Math.abs(one.x - at) < one.half + half + 4)) return false;
    placed.push({ x: at, half });
    return true;
  };
  const marks: SVGTemplateResult[] = [];
  for (const run of unknownRuns(in_view)) {
    const at = (x(run.from) + x(run.to)) / 2;
    const reason = why[run.from];
    // The reason too where it has room; the word itself always.
    const whole = reason ? `${text('unknown')} · ${whyText(reason)}` : text('unknown');
    const said = [whole, text('unknown')].find((one) => room(at, one.length * 3.2));
    if (said !== undefined) marks.push(words(at, frame.band + 15, said, 'vd', 'middle'));
  }
  for (const note of notes) {
    if (room(note.x, note.half)) marks.push(words(note.x, frame.band + 16, note.text, note.worst >= asks ? 'wn' : 'wn2', 'middle'));
  }
  // No track's name may stand between the line and home: that ground belongs to the bars and their numbers.
  taken.push({ x: frame.x0, y: frame.line, w: frame.x1 - frame.x0, h: frame.home - frame.line });
  return svg`<g><title>${text('strip.band.title')}</title>${ground}${bars}${voids}${marks}</g>`;
}

function barriers(frame: Frame, site: Site): SVGTemplateResult[] {
  return site.barriers.map((one) => {
    const a = frame.x(one.from_km * 1000);
    const b = frame.x(one.to_km * 1000);
    const [left, right] = a < b ? [a, b] : [b, a];
    if (one.kind === 'trench') return svg`<path class="trench" d="M${left} ${frame.wire + 7}H${right}"><title>${one.id}</title></path>`;
    let barbs = '';
    for (let x = left + 8; x < right - 3; x += 28) barbs += `M${x - 2} ${frame.wire - 2}l4 4m0 -4l-4 4`;
    return svg`<path class="wire" d="M${left} ${frame.wire}H${right}"><title>${one.id}</title></path><path class="wirex" d=${barbs} />`;
  });
}

function posts(frame: Frame, site: Site): SVGTemplateResult[] {
  let last = -Infinity;
  return [...site.posts]
    .filter((post) => post.kind !== 'watchtower')
    .sort((a, b) => frame.x(a.s_m) - frame.x(b.s_m))
    .map((post) => {
      const x = frame.x(post.s_m);
      const free = x - last > 30;
      if (free) last = x;
      return svg`<path class="cp" transform="translate(${x} ${frame.wire})" d=${GATE}><title>${post.id}</title></path>
        ${free ? words(x, frame.wire + 19, post.id, 'lb2', 'middle') : nothing}`;
    });
}

function towers(frame: Frame, site: Site, picture: Picture | null, taken: Box[]): SVGTemplateResult {
  const looks = new Map<number, Look>((picture?.looks ?? []).map((look) => [look.sensor, look]));
  const drawn: SVGTemplateResult[] = [];
  const dark: SVGTemplateResult[] = [];
  const standing = new Set<string>();
  for (const sensor of site.sensors) {
    const look = looks.get(sensor.index);
    const x = frame.x(sensor.s_m);
    if (look?.state === 'dark') {
      dark.push(darkMark(frame, sensor, look, taken));
      continue;
    }
    if (sensor.kind !== 'thermal_camera' && sensor.kind !== 'radar') continue;
    const spot = sensor.post ?? sensor.id;
    if (standing.has(spot)) continue;
    standing.add(spot);
    // Before the first picture a tower's state is not known: outline only.
    drawn.push(svg`<path class=${look === undefined ? 'tow-unknown' : 'tow'} transform="translate(${x} ${frame.line - 3}) scale(.8)" d=${TOWER}><title>${sensor.post ?? sensor.id}</title></path>`);
  }
  return svg`<path class="ridge" d="M${frame.x0} ${frame.line}H${frame.x1}" />${drawn}${dark}`;
}

function darkMark(frame: Frame, sensor: Sensor, look: Look, taken: Box[]): SVGTemplateResult {
  const reason = text('sensor.dark', {
    sensor: sensor.id,
    cause: look.cause ?? 'unknown',
    since_s: look.since_s,
  });
  const ranged = sensor.from_km !== undefined && sensor.from_km !== null && sensor.to_km !== undefined && sensor.to_km !== null;
  const x = ranged ? frame.x(500 * (sensor.from_km! + sensor.to_km!)) : frame.x(sensor.s_m);
  const onWire = sensor.kind === 'fence_sensor' || sensor.kind === 'ground_sensor';
  const y = onWire ? frame.wire : frame.line - 7;
  const span =
    ranged && onWire
      ? svg`<path class="dark-span" d="M${frame.x(1000 * sensor.from_km!)} ${frame.wire}H${frame.x(1000 * sensor.to_km!)}" />`
      : nothing;
  const w = 7 * sensor.id.length + 4;
  const box = { x: x - w / 2, y: y - 23, w, h: 14 };
  const free = !onWire && !taken.some((o) => box.x < o.x + o.w && o.x < box.x + box.w && box.y < o.y + o.h && o.y < box.y + box.h);
  if (free) taken.push(box);
  return svg`<g data-testid="dark-sensor" data-sensor-id=${sensor.id} role="img" aria-label=${reason}><title>${reason}</title>
    ${span}<path class="towx" transform="translate(${x} ${y})" d=${X_MARK} />
    ${free ? words(x, y - 11, sensor.id, 'lb', 'middle') : nothing}</g>`;
}

function units(frame: Frame, list: Unit[], taken: Box[]): SVGTemplateResult[] {
  const height = frame.axis - frame.home;
  const many = list.length > 16;
  const lanes = many ? [16, 33, 50].map((y) => (y * height) / 60) : [0.35 * height, 0.74 * height];
  const scale = many ? 0.62 : 0.85;
  const ends = lanes.map(() => -Infinity);
  const claimed: Box[] = [];
  const drawn = [...list]
    .sort((a, b) => frame.x(a.s_m) - frame.x(b.s_m))
    .map((unit) => {
      const x = frame.x(unit.s_m);
      const why = notFree(unit.id);
      const said = why === null ? unit.id : `${unit.id} ${codeText('not_free', why)}`;
      const unheard = why === 'stale' || why === 'not_heard';
      const w = 8 * said.length + 6;
      // At the right edge of the screen the name stands on the left.
      const before = x + 13 + w > frame.width - 2;
      const [from, to] = before ? [x - 13 - w, x + 13] : [x - 13, x + 13 + w];
      const barred = (y: number): boolean => taken.some((one) => from < one.x + one.w && one.x < to && y - 6 < one.y + one.h && one.y < y + 6);
      let lane = ends.findIndex((end, k) => from + 1 > end && !barred(frame.home + lanes[k]!));
      const room = lane >= 0;
      if (!room) {
        // Without room for a name the sign still goes where it covers least, and never onto a distress sign.
        const free = lanes.map((_, k) => k).filter((k) => !barred(frame.home + lanes[k]!));
        lane = (free.length > 0 ? free : lanes.map((_, k) => k)).reduce((a, b) => (ends[b]! < ends[a]! ? b : a));
      }
      ends[lane] = Math.max(ends[lane]!, x + 15 + (room && !before ? w : 0));
      const y = frame.home + lanes[lane]!;
      claimed.push({ x: room && before ? x - 13 - w : x - 9, y: y - 7, w: room ? w + 22 : 18, h: 14 });
      const { frame: outline, mark } = unitPaths(unit.kind);
      const reach = why === null ? (unit.reach_10min_m ?? 0) : 0;
      const a = Math.max(frame.x0, Math.min(frame.x(unit.s_m - reach), frame.x(unit.s_m + reach)));
      const b = Math.min(frame.x1, Math.max(frame.x(unit.s_m - reach), frame.x(unit.s_m + reach)));
      return svg`<g><title>${`${said} ${codeText('unit', unit.kind)}`}</title>
        ${reach > 0 ? svg`<path class="reach" d="M${a} ${y}H${b}M${a} ${y - 4}v8M${b} ${y - 4}v8" />` : nothing}
        <g transform="translate(${x} ${y}) scale(${scale})"><path class=${unheard ? 'own unheard' : 'own'} d=${outline} /><path class="ownm" d=${mark} /></g>
        ${room ? words(before ? x - 13 : x + 13, y + 4, said, 'ido halo', before ? 'end' : 'start') : nothing}</g>`;
    });
  // Only now: units keep clear of what was there before, the tracks' names keep clear of the units.
  taken.push(...claimed);
  return drawn;
}

/** Where a unit sent, or the one proposed first for the selected alert, would meet them: solid when ordered, dashed when not. */
function meetings(frame: Frame): SVGTemplateResult[] {
  const id = store.selection.alertId;
  const first = id === null ? undefined : offered(id)[0];
  const ordered = underWay().map((job) => job.task.option);
  const proposed = first === undefined || ordered.some((one) => one.unit === first.unit) ? [] : [first];
  const drawn = (one: typeof ordered[number], cls: string): SVGTemplateResult => {
    const x = frame.x(one.place.s_m);
    const y = Math.max(frame.top, Math.min(frame.axis - 6, frame.y(one.place.d_m)));
    return svg`<path class=${cls} d="M${x} ${y - 6}l6 6l-6 6l-6 -6z"><title>${`${one.unit} ${hourMinute(one.arrives_s)}`}</title></path>`;
  };
  return [...ordered.map((one) => drawn(one, 'meet')), ...proposed.map((one) => drawn(one, 'meet offered'))];
}

/** Stretches where nobody free comes within the time the site allows. */
function bare(frame: Frame): SVGTemplateResult[] {
  const found = store.respond?.uncovered;
  if (!found) return [];
  return found.stretches.map((one) => {
    const [a, b] = [frame.x(1000 * one.from_km), frame.x(1000 * one.to_km)].sort((p, q) => p - q) as [number, number];
    const said = text('strip.bare', { n: Math.round(found.limit_s / 60) });
    return svg`<g data-testid="bare"><title>${said}</title><path class="bare" d="M${a} ${frame.axis - 3}H${b}" />
      ${b - a > 7 * said.length ? words((a + b) / 2, frame.axis - 8, said, 'lb halo', 'middle') : nothing}</g>`;
  });
}

/** Alerts that are drawn as more than a flag: distress, a touched wire. The flags of the others move with the tracks. */
function alertMarks(frame: Frame, taken: Box[]): SVGTemplateResult[] {
  return [...store.alerts.values()]
    .filter((alert) => alert.state !== 'closed' && (alert.kind === 'distress' || alert.kind === 'fence_touched') && raised(alert))
    .map((alert) => alertMark(frame, alert, taken));
}

function alertMark(frame: Frame, alert: Alert, taken: Box[]): SVGTemplateResult {
  const x = frame.x(alert.s_m);
  const chosen = store.selection.alertId === alert.id;
  const title = `${codeText('alert', alert.kind)} ${text('km.at', { km: alert.s_m / 1000 })}`;
  const bracket = (y: number, r: number): SVGTemplateResult | typeof nothing =>
    chosen
      ? svg`<path class="br" transform="translate(${x} ${y})" d="M${-r} ${-r + 6}v-6h6M${r} ${-r + 6}v-6h-6M${-r} ${r - 6}v6h6M${r} ${r - 6}v6h-6" />`
      : nothing;
  if (alert.kind === 'distress') {
    const y = Math.min(frame.axis - 12, Math.max(frame.top + 12, frame.y(alert.d_m)));
    const label = codeText('alert', 'distress');
    const before = besideLeft(frame, x, y, 20 + 8 * label.length);
    taken.push({ x: before ? x - 20 - 8 * label.length : x - 10, y: y - 7, w: 30 + 8 * label.length, h: 14 });
    return svg`<g class="sig" data-alert-id=${alert.id}><title>${title}</title>
      <path class="sosf" transform="translate(${x} ${y})" d=${OCTAGON} /><path class="sosx" transform="translate(${x} ${y})" d=${CROSS} />
      ${words(x + (chosen ? 18 : 14) * (before ? -1 : 1), y + 4, label, 'sosT halo', before ? 'end' : 'start')}${bracket(y, 13)}</g>`;
  }
  const y = frame.wire;
  const said = text('strip.touched');
  const box = { x: x - 4 * said.length, y: y + 8, w: 8 * said.length, h: 14 };
  // A word over a word says neither; the sign alone still says it.
  const room = chosen || !taken.some((one) => box.x < one.x + one.w && one.x < box.x + box.w && box.y < one.y + one.h && one.y < box.y + box.h);
  if (room) taken.push(box);
  return svg`<g class="sig" data-alert-id=${alert.id}><title>${title}</title><path class="need thick" transform="translate(${x} ${y})" d=${X_MARK} />
    ${room ? words(x, y + 19, said, 'nd halo', 'middle') : nothing}${bracket(y, 10)}</g>`;
}

/** Whether a word of this width stands better left of its sign: no room on the right, or a track's frame lies there and none on the left. */
function besideLeft(frame: Frame, x: number, y: number, width: number): boolean {
  if (x + width > frame.width - 2) return true;
  if (x - width < frame.x0) return false;
  const now = tracksNow();
  const flags = flagged();
  const met = (from: number, to: number): boolean =>
    Array.from({ length: now.n }, (_, i) => i).some((i) => {
      const tx = frame.x(now.s_m[i]!);
      return tx + 11 > from && tx - 8 < to && frame.y(now.d_m[i]!) - y > -15 && frame.y(now.d_m[i]!) - y < (flags.has(store.tracks.id[i]!) ? 36 : 15);
    });
  return met(x + 12, x + width) && !met(x - width, x - 12);
}

export function crossingTime(eta_s: number, t_s: number): string {
  return hourMinute(t_s + eta_s);
}

customElements.define('watch-strip', WatchStrip);
