/**
 * What may be taken off the map to see what lies under it, and what of one's own lies under it: imagery, vector maps.
 *
 * Rules: only what nobody's safety hangs on can be hidden; mines, distress, tracks and units cannot. What is hidden is
 * named on the map, and comes back when the screen is opened anew. A layer that cannot be read is named, with why.
 */

import { changed, store } from './store.ts';
import { codeText, text } from './strings.ts';
import type { OwnLayer } from './types.ts';

export const LAYERS = ['relief', 'looks', 'grid', 'tails', 'roads'] as const;
export type Layer = (typeof LAYERS)[number];

/** Switched from how they were at first: ours are all there, the site says of each of its own whether it is. */
const switched = new Set<string>();
const OWN = 'own:';

export function shown(layer: Layer): boolean {
  return !switched.has(layer);
}

/** Those that can be read; the first of the site file lies lowest. */
export function ownLayers(): OwnLayer[] {
  return (store.site?.map_layers ?? []).filter((layer) => layer.problem === null);
}

export function unreadableLayers(): OwnLayer[] {
  return (store.site?.map_layers ?? []).filter((layer) => layer.problem !== null);
}

export function ownShown(layer: OwnLayer): boolean {
  return layer.shown !== switched.has(OWN + layer.id);
}

/** Names of what was taken off, for the head of the map. */
export function hiddenLayers(): string[] {
  const ours = LAYERS.filter((layer) => !shown(layer)).map((layer) => codeText('layer', layer));
  return [...ours, ...ownLayers().filter((layer) => layer.shown && !ownShown(layer)).map((layer) => layer.name)];
}

/** Whose the shown layers are, each once. */
export function attributions(): string[] {
  return [...new Set(ownLayers().filter(ownShown).map((layer) => layer.attribution))].filter((one) => one !== '');
}

export function toggleLayer(layer: Layer): void {
  toggle(layer);
}

export function toggleOwn(layer: OwnLayer): void {
  toggle(OWN + layer.id);
}

function toggle(key: string): void {
  if (!switched.delete(key)) switched.add(key);
  changed('layers');
}

/** Whether the list of layers is open on the map. */
let listOpen = false;

export function layerListOpen(): boolean {
  return listOpen;
}

export function toggleLayerList(open = !listOpen): boolean {
  const was = listOpen;
  listOpen = open;
  if (was !== open) changed('layers');
  return was;
}

/** The switches, in the order of the list: the site's own first, since they are what is looked for. */
export function switches(): { key: string; name: string; detail: string; on: boolean; toggle: () => void }[] {
  return [
    ...ownLayers().map((layer) => ({
      key: OWN + layer.id,
      name: layer.name,
      detail: text(`layer.${layer.kind}`),
      on: ownShown(layer),
      toggle: () => toggleOwn(layer),
    })),
    ...LAYERS.map((layer) => ({ key: layer, name: codeText('layer', layer), detail: '', on: shown(layer), toggle: () => toggleLayer(layer) })),
  ];
}
