import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, folded, kilometreIn } from '../src/palette/finding.ts';

const offer = (group: string, name: string, ...also: string[]) => ({ group, name, also });

test('letters, points and digits of the three languages are compared in one form', () => {
  assert.equal(folded('إِنذار ١٤١٫٤'), folded('انذار 141.4'));
  assert.equal(folded('کامێرا'), folded('كاميرا'));
  assert.equal(folded('\u2066T-07\u2069'), 't-07');
  assert.equal(folded('هێڵی سنور'), folded('هيلي سنور'));
});

test('a kilometre is meant with and without its unit, and only where the line has one', () => {
  assert.equal(kilometreIn('km 141.4', 200), 141.4);
  assert.equal(kilometreIn('١٤١٫٤ كم', 200), 141.4);
  assert.equal(kilometreIn('کم ۱۲', 200), 12);
  assert.equal(kilometreIn('0', 200), 0);
  assert.equal(kilometreIn('201', 200), null);
  assert.equal(kilometreIn('T-12', 200), null);
});

test('words in any order, beginnings count, the whole name comes first', () => {
  const offers = [offer('sensor', 'T-120', 'camera'), offer('sensor', 'T-12', 'camera'), offer('unit', 'P-12', 'patrol'), offer('do', 'Look again 2 min')];
  assert.deepEqual(find('t-12', offers, 9).map((one) => one.name), ['T-12', 'T-120']);
  assert.deepEqual(find('12', offers, 9).map((one) => one.name), ['T-120', 'T-12', 'P-12']);
  assert.deepEqual(find('pat', offers, 9).map((one) => one.name), ['P-12']);
  assert.deepEqual(find('again lo', offers, 9).map((one) => one.name), ['Look again 2 min']);
  assert.deepEqual(find('nothing of the kind', offers, 9), []);
  assert.equal(find('', offers, 2).length, 2);
});
