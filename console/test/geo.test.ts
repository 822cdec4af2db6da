import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainageAt, homeSide, lineAt, utm, utmZone } from '../src/geo.ts';
import type { Site } from '../src/types.ts';

test('UTM agrees with published positions', () => {
  // Kartographic test point: 43°38'33.24" N, 79°23'13.7" W is 17T 630084 4833439.
  const [east, north] = utm(-(79 + 23 / 60 + 13.7 / 3600), 43 + 38 / 60 + 33.24 / 3600, 17);
  assert.ok(Math.abs(east - 630084) < 1 && Math.abs(north - 4833439) < 1, `${east} ${north}`);
  assert.equal(utmZone(41.99), 37);
  assert.equal(utmZone(42.01), 38);
});

const site = {
  line: [[41, 33, 0], [42, 33, 93_000], [43, 33, 186_000]],
  posts: [{ lon: 41.5, lat: 32.99, s_m: 46_500, d_m: 1100 }],
  places: [],
} as unknown as Site;

test('along the line and back', () => {
  for (const s_m of [0, 10_000, 93_000, 150_000]) {
    const at = lineAt(site, s_m);
    assert.ok(Math.abs(chainageAt(site, at.lon, at.lat) - s_m) < 1);
  }
  assert.equal(homeSide(site), 1);
});
