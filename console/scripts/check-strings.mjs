/**
 * Fails when a word on the screen is missing from a catalogue, or stands in the code instead of one.
 *
 * Rules: all catalogues have the same keys (plural forms apart) and the same places; every key written in the code
 * exists; no template in the code holds letters of its own.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');
const PLURAL = /\.(zero|one|two|few|many|other)$/;
const faults = [];
const catalogues = Object.fromEntries(
  ['en', 'ar', 'ckb'].map((language) => [language, JSON.parse(readFileSync(join(src, 'strings', `${language}.json`), 'utf8'))]),
);

/** key without plural form -> set of places over all its forms */
function bases(catalogue) {
  const found = new Map();
  for (const [key, message] of Object.entries(catalogue)) {
    const base = key.replace(PLURAL, '');
    const places = found.get(base) ?? new Set();
    for (const [, place] of message.matchAll(/\{([a-z0-9_]+)\}/g)) places.add(place);
    found.set(base, places);
  }
  return found;
}

const en = bases(catalogues.en);
for (const language of ['ar', 'ckb']) {
  const own = bases(catalogues[language]);
  for (const [key, places] of en) {
    if (!own.has(key)) faults.push(`${language}.json: missing key ${key}`);
    else if ([...places].sort().join() !== [...own.get(key)].sort().join()) faults.push(`${language}.json: ${key} has other places than en.json`);
  }
  for (const key of own.keys()) if (!en.has(key)) faults.push(`en.json: missing key ${key}`);
}
for (const [language, catalogue] of Object.entries(catalogues)) {
  for (const key of Object.keys(catalogue)) {
    if (PLURAL.test(key) && !(key.replace(PLURAL, '.other') in catalogue)) faults.push(`${language}.json: ${key} has no .other form`);
    if (catalogue[key].trim() === '') faults.push(`${language}.json: ${key} is empty`);
  }
}

for (const name of readdirSync(src, { recursive: true }).filter((file) => file.endsWith('.ts'))) {
  const code = readFileSync(join(src, name), 'utf8');
  for (const [, key] of code.matchAll(/\b(?:t|text)\(\s*'([^']+)'/g)) if (!en.has(key)) faults.push(`${name}: unknown key ${key}`);
  for (const [, yes, no] of code.matchAll(/\bt\([^?()]*\?\s*'([^']+)'\s*:\s*'([^']+)'/g)) {
    for (const key of [yes, no]) if (!en.has(key)) faults.push(`${name}: unknown key ${key}`);
  }
  for (const [, prefix] of code.matchAll(/\bcode(?:Words|Text)\(\s*'([^']+)'/g)) {
    if (![...en.keys()].some((key) => key.startsWith(`${prefix}.`))) faults.push(`${name}: no key begins with ${prefix}.`);
  }
  for (const words of visible(code)) faults.push(`${name}: visible words in the code: ${words}`);
}

/** Letters between tags of html`` and svg`` templates, once expressions and tags are taken out. */
function visible(code) {
  const found = [];
  for (const start of [...code.matchAll(/\b(?:html|svg)`/g)].map((match) => match.index + match[0].length)) {
    const literal = flatten(code, start);
    const bare = literal.replace(/<!--[\s\S]*?-->/g, ' ').replace(/<[^>]*>/g, ' ');
    for (const [words] of bare.matchAll(/[A-Za-z\u0600-\u06ff]{2,}[^\u0000]*?(?=\u0000|$)/g)) found.push(words.trim().slice(0, 40));
    for (const [, attribute] of literal.matchAll(/\b(?:title|aria-label|alt|placeholder)="([^"\u0000]*[A-Za-z]{2,}[^"]*)"/g)) found.push(attribute);
  }
  return found;
}

/** The template's own text from `start` to its closing tick; every expression becomes one NUL. */
function flatten(code, start) {
  let out = '';
  let i = start;
  while (i < code.length) {
    if (code[i] === '\\') i += 2;
    else if (code[i] === '`') return out;
    else if (code.startsWith('${', i)) {
      i = skip(code, i + 2);
      out += '\0';
    } else out += code[i++];
  }
  return out;
}

/** Past the brace that closes an expression, minding nested templates, strings and braces. */
function skip(code, start) {
  let depth = 1;
  let i = start;
  while (i < code.length && depth > 0) {
    const char = code[i];
    if (char === '`') {
      i++;
      while (code[i] !== '`') {
        if (code[i] === '\\') i += 2;
        else if (code.startsWith('${', i)) i = skip(code, i + 2);
        else i++;
      }
    } else if (char === "'" || char === '"') {
      i++;
      while (code[i] !== char) i += code[i] === '\\' ? 2 : 1;
    } else if (char === '{') depth++;
    else if (char === '}') depth--;
    i++;
  }
  return i;
}

for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log(`strings: ${en.size} keys in three languages, none missing`);
