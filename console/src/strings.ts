/**
 * Words on the screen: every one comes from a catalogue, by key.
 *
 * A message is text with {name} places. When an argument is called `n` and the catalogue has `key.one`, `key.few` ...,
 * the language's own plural rule chooses. Arguments are isolated left to right, so that numbers, times, call signs
 * and grid references keep their order inside Arabic sentences.
 */

import { html, type TemplateResult } from 'lit';
import en from './strings/en.json';
import { prefs, rightToLeft, type Language } from './prefs.ts';
import { clockText } from './times.ts';

type Catalogue = Readonly<Record<string, string>>;
export type Args = Readonly<Record<string, unknown>>;
export type Words = TemplateResult | string;

const catalogues: Partial<Record<Language, Catalogue>> = { en };
const others: Record<Exclude<Language, 'en'>, () => Promise<{ default: Catalogue }>> = {
  ar: () => import('./strings/ar.json'),
  ckb: () => import('./strings/ckb.json'),
};
// A browser without rules for Sorani counts as English does: one and other, which is also Sorani's way.
const pluralRules: Record<Language, Intl.PluralRules> = {
  en: new Intl.PluralRules('en'),
  ar: new Intl.PluralRules('ar'),
  ckb: new Intl.PluralRules(['ckb', 'en']),
};
const LRI = '\u2066';
const PDI = '\u2069';

/** Fetches a language's words before they are needed; English is always there. */
export async function fetchWords(language: Language): Promise<void> {
  if (language !== 'en') catalogues[language] ??= (await others[language]()).default;
}

await fetchWords(prefs.language);

export function hasText(key: string): boolean {
  return lookUp(key, {}) !== undefined;
}

/** The message as markup, arguments isolated. */
export function t(key: string, args: Args = {}): Words {
  const message = lookUp(key, args);
  if (message === undefined) return plainly(key, args);
  return html`${pieces(message).map((piece) => (piece.place === null ? (piece.figures ? ltr(piece.text) : piece.text) : isolate(piece.place, args[piece.place])))}`;
}

/** The message as one string, for labels read aloud, titles and drawing on a canvas. */
export function text(key: string, args: Args = {}): string {
  const message = lookUp(key, args);
  if (message === undefined) {
    return Object.entries(args)
      .map(([name, value]) => `${name} ${argText(name, value)}`)
      .join(' · ');
  }
  return pieces(message)
    .map((piece) => (piece.place === null ? (piece.figures ? wrap(piece.text) : piece.text) : wrap(argText(piece.place, args[piece.place]))))
    .join('');
}

/** A number, time, grid reference or call sign: always left to right, never broken or mirrored. */
export function ltr(value: string | number): TemplateResult {
  return html`<bdi dir="ltr" class="n">${value}</bdi>`;
}

/** The same for text drawn on a canvas. */
export function ltrText(value: string): string {
  return wrap(value);
}

/** Words for a code the server sent; the code itself, isolated, when the catalogue does not know it. */
export function codeWords(prefix: string, code: string): Words {
  const key = `${prefix}.${code}`;
  return hasText(key) ? t(key) : html`<bdi>${code}</bdi>`;
}

export function codeText(prefix: string, code: string): string {
  const key = `${prefix}.${code}`;
  return hasText(key) ? text(key) : code;
}

function lookUp(key: string, args: Args): string | undefined {
  const own: Catalogue = catalogues[prefs.language] ?? en;
  const n = args['n'];
  if (typeof n === 'number') {
    const plural = own[`${key}.${pluralRules[prefs.language].select(n)}`] ?? own[`${key}.other`];
    if (plural !== undefined) return plural;
  }
  return own[key] ?? (en as Catalogue)[key];
}

interface Piece {
  text: string;
  place: string | null;
  /** Figures of the message's own that have a sign of their own: 95 %, 2–3. In a line read from the right they keep their order. */
  figures: boolean;
}

function pieces(message: string): Piece[] {
  return message
    .split(/(\{[a-z0-9_]+\}|\d[\d.,:]*(?:[–-]\d[\d.,:]*|\s?%)+)/)
    .filter((part) => part !== '')
    .map((part) => {
      const place = /^\{[a-z0-9_]+\}$/.test(part) ? part.slice(1, -1) : null;
      return { text: part, place, figures: place === null && /^\d/.test(part) && /[–%-]/.test(part) };
    });
}

function isolate(name: string, value: unknown): unknown {
  if (value !== null && typeof value === 'object') return value; // already markup
  const shown = argText(name, value);
  return /[\u0600-\u06ff]/.test(shown) ? html`<bdi>${shown}</bdi>` : ltr(shown);
}

function wrap(shown: string): string {
  return rightToLeft() && !/[\u0600-\u06ff]/.test(shown) ? `${LRI}${shown}${PDI}` : shown;
}

/** An argument in the unit its name states; the rounding is that of an operator, not of a calculation. */
function argText(name: string, value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? '✓' : '✕';
  if (typeof value === 'object') return JSON.stringify(value);
  if (typeof value === 'string') {
    if (name === 'cause' || name === 'reason') return codeText('cause', value);
    return value;
  }
  const number = Number(value);
  if (!Number.isFinite(number)) return '–';
  if (/^(t|since|until|first)_s$/.test(name)) return clockText(number);
  if (name === 'heading_deg') return `${String(Math.round(((number % 360) + 360) % 360)).padStart(3, '0')}°`;
  if (/(^|_)km$/.test(name) || /^(height_m|speed_m_s|snr)$/.test(name)) return number.toFixed(1);
  if (Number.isInteger(number) || Math.abs(number) >= 10) return String(Math.round(number));
  return number.toFixed(1);
}

/** A key newer than this screen: its arguments are still shown, in full. */
function plainly(key: string, args: Args): TemplateResult {
  const entries = Object.entries(args);
  const shown = entries.length === 0 ? key : entries.map(([name, value]) => `${name} ${argText(name, value)}`).join(' · ');
  return html`<bdi dir="ltr">${shown}</bdi>`;
}
