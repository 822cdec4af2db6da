/**
 * What may be taken off the map to see what lies under it.
 *
 * Rules: only what nobody's safety hangs on can be hidden; mines, distress, tracks and units cannot. What is hidden is
 * named on the map, and comes back when the screen is opened anew.
 */

import { changed } from './store.ts';

export const LAYERS = ['relief', 'looks', 'grid', 'tails', 'roads'] as const;
export type Layer = (typeof LAYERS)[number];

const hidden = new Set<Layer>();

export function shown(layer: Layer): boolean {
  return !hidden.has(layer);
}

export function hiddenLayers(): Layer[] {
  return LAYERS.filter((layer) => hidden.has(layer));
}

export function toggleLayer(layer: Layer): void {
  if (!hidden.delete(layer)) hidden.add(layer);
  changed('layers');
}
