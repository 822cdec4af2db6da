/** The little geometry the screen needs: along the line and back, and metres to degrees. The truth stays in the server. */

import type { Site } from './types.ts';

const EARTH_M = 111_320; // one degree of latitude, metres; for drawing only

export interface LinePoint {
  lon: number;
  lat: number;
  /** Direction of growing chainage, clockwise from north. */
  bearing_rad: number;
}

/** The point of the line at chainage s_m; beyond the ends the line goes straight on. */
export function lineAt(site: Site, s_m: number): LinePoint {
  const line = site.line;
  let low = 0;
  let high = line.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (line[middle]![2] <= s_m) low = middle;
    else high = middle;
  }
  const [lonA, latA, sA] = line[low]!;
  const [lonB, latB, sB] = line[high]!;
  const k = sB === sA ? 0 : (s_m - sA) / (sB - sA);
  const east = (lonB - lonA) * Math.cos((latA * Math.PI) / 180);
  return { lon: lonA + k * (lonB - lonA), lat: latA + k * (latB - latA), bearing_rad: Math.atan2(east, latB - latA) };
}

/** +1 when home lies to the right of growing chainage, -1 when to the left; read from where our own posts stand. */
export function homeSide(site: Site): 1 | -1 {
  let vote = 0;
  for (const post of [...site.posts, ...site.places]) {
    const at = lineAt(site, post.s_m);
    const east = (post.lon - at.lon) * Math.cos((at.lat * Math.PI) / 180);
    const north = post.lat - at.lat;
    const right = east * Math.cos(at.bearing_rad) - north * Math.sin(at.bearing_rad);
    vote += Math.sign(right) * Math.sign(post.d_m);
  }
  return vote < 0 ? -1 : 1;
}

export function moved(lon: number, lat: number, east_m: number, north_m: number): [number, number] {
  return [lon + east_m / (EARTH_M * Math.cos((lat * Math.PI) / 180)), lat + north_m / EARTH_M];
}

/** Degrees per metre at this latitude, east and north. */
export function degreesPerMetre(lat: number): [number, number] {
  return [1 / (EARTH_M * Math.cos((lat * Math.PI) / 180)), 1 / EARTH_M];
}

/** Ground metres per map pixel to MapLibre's zoom (512 px world at zoom 0). */
export function zoomFor(metresPerPixel: number, lat: number): number {
  return Math.log2((40_075_016.7 * Math.cos((lat * Math.PI) / 180)) / (512 * metresPerPixel));
}

/** The chainage nearest to a position: coarse search over the line's points, then along the two segments beside it. */
export function chainageAt(site: Site, lon: number, lat: number): number {
  const shrink = Math.cos((lat * Math.PI) / 180);
  let best = Infinity;
  let s_m = 0;
  for (let i = 0; i + 1 < site.line.length; i++) {
    const [lonA, latA, sA] = site.line[i]!;
    const [lonB, latB, sB] = site.line[i + 1]!;
    const ex = (lonB - lonA) * shrink;
    const ny = latB - latA;
    const px = (lon - lonA) * shrink;
    const py = lat - latA;
    const length2 = ex * ex + ny * ny;
    const k = length2 === 0 ? 0 : Math.min(1, Math.max(0, (px * ex + py * ny) / length2));
    const gap = (px - k * ex) ** 2 + (py - k * ny) ** 2;
    if (gap < best) {
      best = gap;
      s_m = sA + k * (sB - sA);
    }
  }
  return s_m;
}

/** Easting and northing in the UTM zone of `zone`, metres. Series to n^3: under a centimetre inside the zone. */
export function utm(lon: number, lat: number, zone: number): [number, number] {
  const n = 0.0016792203863837; // third flattening of WGS 84
  const a = 6_367_449.145823416; // rectifying radius, metres
  const alpha = [8.377318206245e-4, 7.608527773572e-7, 1.197645503242e-9];
  const phi = (lat * Math.PI) / 180;
  const lambda = ((lon - (zone * 6 - 183)) * Math.PI) / 180;
  const k = (2 * Math.sqrt(n)) / (1 + n);
  const tau = Math.sinh(Math.atanh(Math.sin(phi)) - k * Math.atanh(k * Math.sin(phi)));
  const xi = Math.atan2(tau, Math.cos(lambda));
  const eta = Math.atanh(Math.sin(lambda) / Math.sqrt(1 + tau * tau));
  let x = eta;
  let y = xi;
  alpha.forEach((coefficient, i) => {
    const order = 2 * (i + 1);
    x += coefficient * Math.cos(order * xi) * Math.sinh(order * eta);
    y += coefficient * Math.sin(order * xi) * Math.cosh(order * eta);
  });
  return [500_000 + 0.9996 * a * x, 0.9996 * a * y];
}

export function utmZone(lon: number): number {
  return Math.floor((lon + 180) / 6) + 1;
}
