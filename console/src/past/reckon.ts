/** Tracks, units, dark sensors and strength of a past moment, in the form in which the present comes. */

import { degreesPerMetre, homeSide, lineAt } from '../geo.ts';
import type { Rows, Trail } from '../overtime/rows.ts';
import type { Picture, Site, Unit } from '../types.ts';
import { TRACK_CLASS, type Tracks } from '../wire.ts';

export interface Past {
  t_s: number;
  tracks: Tracks;
  picture: Picture;
}

/** What the audit answers of a moment; only what is drawn of it. */
export interface Told {
  tracks: { track: number; s_m: number; d_m: number; p_exist: number; last_s: number }[];
  units: Record<string, { s_m: number; d_m: number; t_s: number }>;
  dark: string[];
}

interface Placed {
  id: string;
  party: number;
  s_m: number;
  d_m: number;
  p_exist: number;
  age_s: number;
}

/** A trail is broken where a row is missing: nobody knows what lay between. */
const MISSING_ROWS = 2.5;

/** As it is known now, between the rows on the screen. */
export function fromRows(site: Site, live: Picture, rows: Rows, t_s: number): Past {
  const dark = rows.outages.filter((one) => one.from_s <= t_s && (one.to_s === null || one.to_s > t_s)).map((one) => one.sensor);
  return past(site, live, rows, t_s, at(rows.tracks, t_s, rows.row_s), at(rows.units, t_s, rows.row_s), dark);
}

/** As the ledger says that it was known then. */
export function asTold(site: Site, live: Picture, rows: Rows, t_s: number, told: Told): Past {
  const party = new Map(rows.tracks.map((one) => [one.id, one.party]));
  const tracks = told.tracks.map((one) => ({
    id: String(one.track), party: party.get(String(one.track)) ?? 0, s_m: one.s_m, d_m: one.d_m, p_exist: one.p_exist, age_s: t_s - one.last_s,
  }));
  const units = Object.entries(told.units).map(([id, one]) => ({ id, party: 1, s_m: one.s_m, d_m: one.d_m, p_exist: 1, age_s: t_s - one.t_s }));
  return past(site, live, rows, t_s, tracks, units, told.dark);
}

/** Where each trail stood, straight between its points; none where it had not begun, had ended, or is broken. */
export function at(trails: readonly Trail[], t_s: number, row_s: number): Placed[] {
  const found: Placed[] = [];
  for (const { id, party, points } of trails) {
    const k = points.findIndex((point) => point[0] >= t_s);
    const [a, b] = [points[k - 1], points[k]];
    if (b !== undefined && b[0] === t_s) found.push({ id, party, s_m: b[1], d_m: b[2], p_exist: 1, age_s: 0 });
    else if (a !== undefined && b !== undefined && b[0] - a[0] <= MISSING_ROWS * row_s) {
      const share = (t_s - a[0]) / (b[0] - a[0]);
      found.push({ id, party, s_m: a[1] + share * (b[1] - a[1]), d_m: a[2] + share * (b[2] - a[2]), p_exist: 1, age_s: 0 });
    }
  }
  return found;
}

function past(site: Site, live: Picture, rows: Rows, t_s: number, tracks: Placed[], units: Placed[], dark: string[]): Past {
  const side = homeSide(site);
  const shares = rows.in_view[Math.floor((t_s - rows.from_s) / rows.row_s)] ?? [];
  const in_view = live.strip.in_view.map((_, km) => (shares[km] == null ? null : shares[km]! / 100));
  const known = in_view.filter((one) => one !== null);
  const silent = new Set(dark);
  const looks = live.looks.map((look) => {
    const is = silent.has(site.sensors[look.sensor]?.id ?? '');
    return { ...look, az_deg: null, hfov_deg: null, state: is ? ('dark' as const) : ('up' as const), cause: null, since_s: null };
  });
  const kinds = new Map(live.units.map((unit) => [unit.id, unit]));
  return {
    t_s,
    tracks: columns(site, side, t_s, tracks),
    picture: {
      ...live,
      looks,
      units: units.map((one) => unitAt(site, side, t_s, one, kinds.get(one.id))),
      weather: null,
      strip: { ...live.strip, in_view, why: in_view.map(() => null) },
      unseen: null,
      health: {},
      watched: known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / in_view.length,
    },
  };
}

function place(site: Site, side: 1 | -1, s_m: number, d_m: number): [number, number] {
  const on = lineAt(site, s_m);
  const [east, north] = degreesPerMetre(on.lat);
  return [on.lon + side * d_m * Math.cos(on.bearing_rad) * east, on.lat - side * d_m * Math.sin(on.bearing_rad) * north];
}

function unitAt(site: Site, side: 1 | -1, t_s: number, one: Placed, known: Unit | undefined): Unit {
  const [lon, lat] = place(site, side, one.s_m, one.d_m);
  return { id: one.id, kind: known?.kind ?? 'patrol', organisation: known?.organisation ?? null, lon, lat, s_m: one.s_m, d_m: one.d_m, t_s: t_s - one.age_s, reach_10min_m: null };
}

/** Nothing of a moment moves by itself, and nothing is foretold from it. */
function columns(site: Site, side: 1 | -1, t_s: number, placed: Placed[]): Tracks {
  const n = placed.length;
  const column = (of: (one: Placed) => number): Float32Array => Float32Array.from(placed, of);
  const at = placed.map((one) => place(site, side, one.s_m, one.d_m));
  return {
    seq: 0,
    n,
    t_s,
    lon: Float64Array.from(at, (one) => one[0]),
    lat: Float64Array.from(at, (one) => one[1]),
    s_m: column((one) => one.s_m),
    d_m: column((one) => one.d_m),
    ve_m_s: new Float32Array(n),
    vn_m_s: new Float32Array(n),
    major_m: new Float32Array(n),
    minor_m: new Float32Array(n),
    angle_rad: new Float32Array(n),
    p_exist: column((one) => one.p_exist),
    count: new Float32Array(n).fill(1),
    eta_s: new Float32Array(n).fill(NaN),
    s_cross_m: new Float32Array(n).fill(NaN),
    age_s: column((one) => one.age_s),
    id: Uint32Array.from(placed, (one) => Number(one.id)),
    class: new Uint8Array(n).fill(TRACK_CLASS.indexOf('unknown')),
    state: Uint8Array.from(placed, (one) => one.party),
  };
}
