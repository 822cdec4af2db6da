/** What somebody means by what they type: in any of the screen's scripts, with any digits, in any order of words. */

/** A thing that can be gone to or done. name: as it is written on the screen; also: what else it answers to. */
export interface Offer {
  group: string;
  name: string;
  also: readonly string[];
}

const LETTERS: Readonly<Record<string, string>> = {
  أ: 'ا', إ: 'ا', آ: 'ا', ٱ: 'ا', ى: 'ي', ی: 'ي', ئ: 'ي', ؤ: 'و', ۆ: 'و', ة: 'ه', ە: 'ه', ھ: 'ه', ک: 'ك', ڵ: 'ل', ڕ: 'ر', ێ: 'ي',
};

/**
 * Text as it is compared: lower case, Latin digits, Arabic and Sorani letters in one form, without points, marks of
 * direction or the joiner; whatever is neither letter nor digit parts words, but for a point or a hyphen inside one.
 */
export function folded(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(/\u066b/g, '.')
    .replace(/[\u200b-\u200f\u2066-\u2069\u202a-\u202e\u0640\p{M}]/gu, '')
    .replace(/[\u0621-\u06d5]/g, (letter) => LETTERS[letter] ?? letter)
    .replace(/[^\p{L}\p{N}.\-]+/gu, ' ')
    .trim();
}

/** "km 141.4", "141", "كم ١٤١٫٤": the kilometre that is meant, null when it is none of a line this long. */
export function kilometreIn(asked: string, length_km: number): number | null {
  const found = /^(?:(?:km|كم|كيلومتر|كيلو|كلم)\s*)?(\d+(?:\.\d+)?)(?:\s*(?:km|كم))?$/.exec(folded(asked));
  if (found === null) return null;
  const km = Number(found[1]);
  return km <= length_km ? km : null;
}

const EXACT = 0;
const BEGINS = 1;
const WORDS = 2;
const INSIDE = 3;

/** How well an offer answers: less is better, null when it does not. Every typed word must begin a word of it, or stand in its name. */
function rank(asked: readonly string[], whole: string, name: string, rest: string): number | null {
  if (name === whole) return EXACT;
  if (name.startsWith(whole)) return BEGINS;
  const words = `${name} ${rest}`.split(/[ \-]/);
  if (asked.every((part) => part.split('-').every((one) => words.some((word) => word.startsWith(one))))) return WORDS;
  return asked.every((part) => name.includes(part)) ? INSIDE : null;
}

/** The best answers, at most `most`; offers that answer alike keep the order in which they came. */
export function find<T extends Offer>(text: string, offers: readonly T[], most: number): T[] {
  const whole = folded(text);
  if (whole === '') return offers.slice(0, most);
  const asked = whole.split(' ');
  const ranked: { offer: T; by: number }[] = [];
  for (const offer of offers) {
    const by = rank(asked, whole, folded(offer.name), folded(offer.also.join(' ')));
    if (by !== null) ranked.push({ offer, by });
  }
  return ranked
    .sort((a, b) => a.by - b.by)
    .slice(0, most)
    .map(({ offer }) => offer);
}
