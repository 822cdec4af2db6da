import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTracks, NO_TRACKS, TRACKS_MAGIC, tracksByteLength } from '../src/wire.ts';

/** Written column by column, without the decoder's own helpers. */
function message(n: number): ArrayBuffer {
  const pad = (bytes: number): number => Math.ceil(bytes / 8) * 8;
  const buffer = new ArrayBuffer(24 + 16 * n + 13 * pad(4 * n) + 2 * pad(n));
  const view = new DataView(buffer);
  view.setUint32(0, TRACKS_MAGIC, true);
  view.setUint32(4, 7, true);
  view.setUint32(8, n, true);
  view.setFloat64(16, 1516666360.5, true);
  let at = 24;
  for (let column = 0; column < 2; column++, at += 8 * n) for (let i = 0; i < n; i++) view.setFloat64(at + 8 * i, 100 * column + i, true);
  for (let column = 2; column < 14; column++, at += pad(4 * n)) for (let i = 0; i < n; i++) view.setFloat32(at + 4 * i, 100 * column + i, true);
  for (let i = 0; i < n; i++) view.setUint32(at + 4 * i, 4_000_000_000 + i, true);
  at += pad(4 * n);
  for (let column = 15; column < 17; column++, at += pad(n)) for (let i = 0; i < n; i++) view.setUint8(at + i, column - 14);
  return buffer;
}

for (const n of [0, 1, 2, 3, 8, 501]) {
  test(`every column is read from its place, n=${n}`, () => {
    const tracks = decodeTracks(message(n));
    assert.equal(tracks.n, n);
    assert.equal(tracks.seq, 7);
    assert.equal(tracks.t_s, 1516666360.5);
    assert.equal(message(n).byteLength, tracksByteLength(n));
    if (n === 0) return;
    const last = n - 1;
    const floats = [
      tracks.lon, tracks.lat, tracks.s_m, tracks.d_m, tracks.ve_m_s, tracks.vn_m_s, tracks.major_m, tracks.minor_m,
      tracks.angle_rad, tracks.p_exist, tracks.count, tracks.eta_s, tracks.s_cross_m, tracks.age_s,
    ];
    floats.forEach((column, k) => assert.equal(column[last], 100 * k + last));
    assert.equal(tracks.id[last], 4_000_000_000 + last);
    assert.equal(tracks.class[last], 1);
    assert.equal(tracks.state[last], 2);
  });
}

test('a foreign, a short and a long message are refused with the rule they break', () => {
  assert.throws(() => decodeTracks(new ArrayBuffer(8)), /header needs 24/);
  assert.throws(() => decodeTracks(new ArrayBuffer(24)), /magic/);
  const long = new Uint8Array(message(3).byteLength + 8);
  long.set(new Uint8Array(message(3)));
  assert.throws(() => decodeTracks(long.buffer), /expected/);
});

test('no tracks is a value, not null', () => assert.equal(NO_TRACKS.n, 0));
