/**
 * Imagery and vector maps of the site's own, as the map engine draws them: below the relief, quieter than every sign.
 *
 * Rules: no hue of a vector layer is taken over, since hues have meanings here; imagery is darkened so that signs and
 * names stay readable on it. Names are drawn with the bundled letters, Arabic ones joined.
 */

import type { LayerSpecification, Map as Ground, SourceSpecification } from 'maplibre-gl';
import { ownLayers, ownShown } from './layers.ts';
import { prefs } from './prefs.ts';
import type { OwnLayer } from './types.ts';

/** How imagery is darkened, by day and by night; on paper it is not. */
const DIMMED = { day: { most: 0.62, saturation: -0.35 }, night: { most: 0.42, saturation: -0.85 } } as const;
/** The bundled letters, as a font list of the style sheet; the map engine draws letters from it on this machine. */
const LETTERS = ['Inter', 'Noto Sans Arabic'];

export type Ink = (name: string) => string;

/** Sources and layers for a style, lowest first. paper: on a printed sheet, in its own colours. */
export function ownStyle(ink: Ink, paper = false): { sources: Record<string, SourceSpecification>; layers: LayerSpecification[] } {
  const sources: Record<string, SourceSpecification> = {};
  const layers: LayerSpecification[] = [];
  for (const own of ownLayers()) {
    sources[sourceOf(own)] = source(own);
    layers.push(...(own.kind === 'raster' ? [imagery(own, paper)] : (own.tiled ? own.parts! : ['']).flatMap((part) => vector(own, part, ink))));
  }
  return { sources, layers };
}

/** Shows what is to be shown, in the colours of now. */
export function followOwn(ground: Ground, ink: Ink): void {
  const now = new Map(ownStyle(ink).layers.map((layer) => [layer.id, layer]));
  for (const [id, layer] of now) {
    if (ground.getLayer(id) === undefined) continue;
    ground.setLayoutProperty(id, 'visibility', layer.layout?.visibility ?? 'visible');
    for (const [name, value] of Object.entries(layer.paint ?? {})) ground.setPaintProperty(id, name as 'line-color', value as string);
  }
}

function sourceOf(own: OwnLayer): string {
  return `own-${own.id}`;
}

function source(own: OwnLayer): SourceSpecification {
  const at = new URL(`tiles/layers/${encodeURIComponent(own.id)}`, location.href).href;
  if (!own.tiled!) return { type: 'geojson', data: `${at}.geojson`, tolerance: 0.5 };
  const tiles = { tiles: [`${at}/{z}/{x}/{y}`], minzoom: own.min_zoom!, maxzoom: own.max_zoom!, bounds: own.bounds! };
  return own.kind === 'raster' ? { type: 'raster', tileSize: 256, ...tiles } : { type: 'vector', ...tiles };
}

function visibility(own: OwnLayer): 'visible' | 'none' {
  return ownShown(own) ? 'visible' : 'none';
}

function imagery(own: OwnLayer, paper: boolean): LayerSpecification {
  const { most, saturation } = DIMMED[prefs.theme];
  const paint = paper ? {} : { 'raster-brightness-max': most, 'raster-saturation': saturation };
  return { id: sourceOf(own), type: 'raster', source: sourceOf(own), layout: { visibility: visibility(own) }, paint: { 'raster-fade-duration': 0, ...paint } };
}

function vector(own: OwnLayer, part: string, ink: Ink): LayerSpecification[] {
  const id = `${sourceOf(own)}/${part}`;
  const of = { source: sourceOf(own), ...(part === '' ? {} : { 'source-layer': part }) };
  const layout = { visibility: visibility(own) };
  const kind = (name: string): ['==', ['geometry-type'], string] => ['==', ['geometry-type'], name];
  const names = [`name:${prefs.language}`, `name_${prefs.language}`, 'name', 'NAME', 'Name', 'name:en', 'name_en', 'name:latin'];
  return [
    { id: `${id}/area`, type: 'fill', ...of, filter: kind('Polygon'), layout, paint: { 'fill-color': ink('--t3'), 'fill-opacity': 0.14 } },
    {
      id: `${id}/line`,
      type: 'line',
      ...of,
      filter: ['any', kind('LineString'), kind('Polygon')],
      layout,
      paint: { 'line-color': ink('--t3'), 'line-opacity': 0.75, 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 0.6, 15, 1.6] },
    },
    { id: `${id}/point`, type: 'circle', ...of, filter: kind('Point'), layout, paint: { 'circle-radius': 2.5, 'circle-color': ink('--t2'), 'circle-stroke-color': ink('--halo'), 'circle-stroke-width': 1 } },
    {
      id: `${id}/name`,
      type: 'symbol',
      ...of,
      layout: {
        ...layout,
        'text-field': ['coalesce', ...names.map((name): ['get', string] => ['get', name]), ''],
        'text-font': LETTERS,
        'text-size': 12,
        'text-variable-anchor': ['top', 'bottom', 'left', 'right'],
        'text-radial-offset': 0.6,
        'symbol-placement': 'point',
      },
      paint: { 'text-color': ink('--t2'), 'text-halo-color': ink('--halo'), 'text-halo-width': 1.4 },
    },
  ];
}
