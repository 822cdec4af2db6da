import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../src/past/reckon.ts';

const trail = (...points: [number, number, number][]) => [{ id: '7', party: 0, points }];

test('a track stands straight between the moments that are known of it', () => {
  assert.deepEqual(at(trail([0, 100, -50], [30, 160, -20]), 10, 30).map((one) => [one.s_m, one.d_m]), [[120, -40]]);
  assert.deepEqual(at(trail([0, 100, -50], [30, 160, -20]), 30, 30).map((one) => one.s_m), [160]);
});

test('it is nowhere before it began, after it ended, and where nobody knows what lay between', () => {
  const points = trail([0, 100, 0], [30, 160, 0], [300, 900, 0]);
  for (const t_s of [-1, 301, 150]) assert.deepEqual(at(points, t_s, 30), []);
});
