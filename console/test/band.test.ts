import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asksFrom, notInView, runs, unknownRuns, worstStretch } from '../src/band.ts';

test('unknown, none and all are three values', () => {
  assert.equal(notInView(null), null);
  assert.equal(notInView(1), 0);
  assert.equal(notInView(0), 1);
});

test('runs break at the unknown, which has runs of its own', () => {
  const inView = [0.9, 0.5, 0.6, null, 0.5, 1];
  assert.deepEqual(runs(inView, 0.2).map((run) => [run.from, run.to]), [[1, 3], [4, 5]]);
  assert.deepEqual(unknownRuns(inView).map((run) => [run.from, run.to]), [[3, 4]]);
});

test('the worst stretch is the longest of the nearly worst; none on a line in view', () => {
  assert.deepEqual(worstStretch([1, 0.1, 1, 0.15, 0.1, 1])?.from, 3);
  assert.equal(worstStretch([1, 0.95, null]), null);
});

test('orange keeps its meaning where most of the line is out of view', () => {
  const good = Array.from({ length: 100 }, (_, i) => (i === 7 ? 0.7 : 0.97));
  assert.equal(asksFrom(good), 0.2);
  const poor = Array.from({ length: 100 }, (_, i) => i / 100);
  assert.ok(asksFrom(poor) > 0.85);
});
