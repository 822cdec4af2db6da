/** What the operator chose for this screen: language, theme, single-letter keys, sound. Address first, memory second. */

export type Language = 'en' | 'ar' | 'ckb';
export const LANGUAGES: readonly Language[] = ['en', 'ar', 'ckb'];
/** Each by its own name, whatever language the screen speaks now. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', ar: 'العربية', ckb: 'کوردی' };
export type Theme = 'day' | 'night';

export interface Prefs {
  language: Language;
  theme: Theme;
  letterKeys: boolean;
  sound: boolean;
}

const MEMORY = 'watchline.prefs';
const listeners = new Set<() => void>();

export const prefs: Prefs = read();

export function onPrefs(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setPrefs(change: Partial<Prefs>): void {
  Object.assign(prefs, change);
  localStorage.setItem(MEMORY, JSON.stringify(prefs));
  const address = new URL(location.href);
  // An address that names a choice must not contradict the screen after a reload.
  if (change.language) address.searchParams.set('lang', change.language);
  if (change.theme) address.searchParams.set('theme', change.theme);
  if (change.language || change.theme) history.replaceState(null, '', address);
  apply();
  for (const listener of listeners) listener();
}

export function rightToLeft(): boolean {
  return prefs.language !== 'en';
}

export function apply(): void {
  const root = document.documentElement;
  root.lang = prefs.language;
  root.dir = rightToLeft() ? 'rtl' : 'ltr';
  root.dataset['theme'] = prefs.theme;
}

function read(): Prefs {
  const asked = new URLSearchParams(location.search);
  let kept: Partial<Prefs> = {};
  try {
    kept = JSON.parse(localStorage.getItem(MEMORY) ?? '{}') as Partial<Prefs>;
  } catch {
    // A broken memory is the same as none.
  }
  const language = asked.get('lang') ?? kept.language;
  const theme = asked.get('theme') ?? kept.theme;
  const result: Prefs = {
    language: LANGUAGES.find((one) => one === language) ?? 'en',
    theme: theme === 'night' ? 'night' : 'day',
    letterKeys: kept.letterKeys ?? true,
    sound: kept.sound ?? true,
  };
  localStorage.setItem(MEMORY, JSON.stringify(result));
  return result;
}
