/**
 * The binary track message: a struct of arrays, read in place.
 *
 * Layout (little-endian): uint32 magic, seq, n, 0; float64 t_s; then the columns in the order below, each column
 * padded to a multiple of 8 bytes so that every column may be viewed without copying.
 */

export const TRACKS_MAGIC = 0x31544c57; // "WLT1"
const HEADER_BYTES = 24;

export const PARTY = ['unknown', 'own', 'neutral'] as const;
export const TRACK_CLASS = ['person', 'vehicle', 'animal', 'unknown'] as const;

export interface Tracks {
  seq: number;
  n: number;
  t_s: number;
  lon: Float64Array;
  lat: Float64Array;
  s_m: Float32Array;
  d_m: Float32Array;
  ve_m_s: Float32Array;
  vn_m_s: Float32Array;
  major_m: Float32Array;
  minor_m: Float32Array;
  angle_rad: Float32Array;
  p_exist: Float32Array;
  count: Float32Array;
  eta_s: Float32Array;
  s_cross_m: Float32Array;
  age_s: Float32Array;
  id: Uint32Array;
  class: Uint8Array;
  state: Uint8Array;
}

export const NO_TRACKS: Tracks = decodeTracks(emptyMessage());

/** Bytes a message of n tracks has; what the server must send. */
export function tracksByteLength(n: number): number {
  return HEADER_BYTES + 2 * 8 * n + 13 * pad8(4 * n) + 2 * pad8(n);
}

/** Throws RangeError with the rule that was broken; the caller drops the message and keeps the last good one. */
export function decodeTracks(buffer: ArrayBuffer): Tracks {
  if (buffer.byteLength < HEADER_BYTES) throw new RangeError(`tracks: ${buffer.byteLength} bytes, header needs ${HEADER_BYTES}`);
  const head = new DataView(buffer);
  const magic = head.getUint32(0, true);
  if (magic !== TRACKS_MAGIC) throw new RangeError(`tracks: magic 0x${magic.toString(16)}, expected 0x${TRACKS_MAGIC.toString(16)}`);
  const seq = head.getUint32(4, true);
  const n = head.getUint32(8, true);
  const want = tracksByteLength(n);
  if (buffer.byteLength !== want) throw new RangeError(`tracks: ${buffer.byteLength} bytes for n=${n}, expected ${want}`);
  let at = HEADER_BYTES;
  const f64 = (): Float64Array => {
    const column = new Float64Array(buffer, at, n);
    at += 8 * n;
    return column;
  };
  const f32 = (): Float32Array => {
    const column = new Float32Array(buffer, at, n);
    at += pad8(4 * n);
    return column;
  };
  const u8 = (): Uint8Array => {
    const column = new Uint8Array(buffer, at, n);
    at += pad8(n);
    return column;
  };
  // Property order is evaluation order is wire order: do not sort these lines.
  return {
    seq,
    n,
    t_s: head.getFloat64(16, true),
    lon: f64(),
    lat: f64(),
    s_m: f32(),
    d_m: f32(),
    ve_m_s: f32(),
    vn_m_s: f32(),
    major_m: f32(),
    minor_m: f32(),
    angle_rad: f32(),
    p_exist: f32(),
    count: f32(),
    eta_s: f32(),
    s_cross_m: f32(),
    age_s: f32(),
    id: u32(),
    class: u8(),
    state: u8(),
  };

  function u32(): Uint32Array {
    const column = new Uint32Array(buffer, at, n);
    at += pad8(4 * n);
    return column;
  }
}

function pad8(bytes: number): number {
  return (bytes + 7) & ~7;
}

function emptyMessage(): ArrayBuffer {
  const buffer = new ArrayBuffer(HEADER_BYTES);
  new DataView(buffer).setUint32(0, TRACKS_MAGIC, true);
  return buffer;
}
