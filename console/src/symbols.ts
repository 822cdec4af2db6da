/** Signs: one shape per meaning (APP-6 frames for parties), drawn the same on strip, map, queue and card. */

import { svg, type SVGTemplateResult } from 'lit';

/** Quatrefoil: a party we do not know. */
export const QUATREFOIL =
  'M-3.1 -3.1C-3.1 -8 3.1 -8 3.1 -3.1C8 -3.1 8 3.1 3.1 3.1C3.1 8 -3.1 8 -3.1 3.1C-8 3.1 -8 -3.1 -3.1 -3.1Z';
export const OCTAGON = 'M-3.3 -8H3.3L8 -3.3V3.3L3.3 8H-3.3L-8 3.3V-3.3Z';
export const CROSS = 'M0 -4.6V4.6M-4.6 0H4.6';
export const TOWER = 'M-5 4.5H5L0 -5Z';
export const X_MARK = 'M-4.5 -4.5L4.5 4.5M4.5 -4.5L-4.5 4.5';
export const GATE = 'M-5 -6V6M5 -6V6M-5 0H5';
export const FLAG = 'M0 0V-15L9 -12L0 -9';

/** Inside of a unit's frame, by kind; frame 24 x 14, a drone has a diamond instead. */
export const UNIT_MARK: Record<string, string> = {
  patrol: 'M-12 7L12 -7',
  reserve: 'M-12 7L12 -7M-12 -7L12 7',
  medical: 'M0 -7V7M-12 0H12',
};
export const UNIT_FRAME = 'M-12 -7H12V7H-12Z';
export const DRONE_FRAME = 'M0 -8L9 0L0 8L-9 0Z';

export function unitPaths(kind: string): { frame: string; mark: string } {
  return kind === 'drone' ? { frame: DRONE_FRAME, mark: '' } : { frame: UNIT_FRAME, mark: UNIT_MARK[kind] ?? '' };
}

const path2d = new Map<string, Path2D>();
export function shape(d: string): Path2D {
  let path = path2d.get(d);
  if (path === undefined) path2d.set(d, (path = new Path2D(d)));
  return path;
}

/** 24 x 24 sign of an alert kind; takes the colour of its surroundings. */
export function alertIcon(kind: string): SVGTemplateResult {
  return svg`<svg class="ic" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">${ICONS[kind] ?? ICONS['unknown']}</svg>`;
}

const ICONS: Record<string, SVGTemplateResult> = {
  distress: svg`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8Z" fill="currentColor"/><path d="M12 6.5v11M6.5 12h11" stroke="var(--bg-0)" stroke-width="3"/>`,
  approaching: svg`<path d="M2 19h20" class="i"/><path d="M12 2v13M7 10.5l5 5 5-5" class="i" stroke-width="2.2"/>`,
  crossing: svg`<path d="M2 16h20" class="i"/><path d="M12 2v19M7 16l5 5 5-5" class="i" stroke-width="2.2"/>`,
  crossed: svg`<path d="M2 7h20" class="i"/><path d="M12 2v19M7 16l5 5 5-5" class="i" stroke-width="2.2"/>`,
  loitering: svg`<path d="M12 3a9 9 0 1 1-8.6 6.4" class="i"/><circle cx="12" cy="12" r="3.2" fill="currentColor"/><path d="M2 4l1.4 5.6L9 8" class="i"/>`,
  fence_touched: svg`<path d="M2 8h20M2 16h20M6 4v16M18 4v16" class="i"/><path d="M9 5l6 14M15 5L9 19" class="i"/>`,
  sensor_dark: svg`<rect x="3" y="5" width="18" height="14" class="i" stroke-dasharray="3 2"/><path d="M5 19L19 5M3 12l7-7M14 19l7-7" class="i"/>`,
  lost_contact: svg`<path d="M2 19h20" class="i"/><path d="M12 2v4M12 9v2M12 14v1" class="i" stroke-width="2.2"/><circle cx="12" cy="12" r="9" class="i" stroke-dasharray="3 4"/>`,
  line_weakened: svg`<path d="M2 12h6M16 12h6" class="i" stroke-width="2.2"/><path d="M8 12l3-5 2 10 3-5" class="i"/>`,
  line_uncovered: svg`<path d="M2 19h20" class="i"/><rect x="5" y="5" width="14" height="8" class="i" stroke-dasharray="3 2"/><path d="M5 13L19 5" class="i"/>`,
  mass_event: svg`<path d="M2 19h20" class="i"/><path d="M5 3v11M12 3v11M19 3v11M2 11l3 3 3-3M9 11l3 3 3-3M16 11l3 3 3-3" class="i"/>`,
  group_arrival: svg`<circle cx="7" cy="8" r="3" fill="currentColor"/><circle cx="17" cy="8" r="3" fill="currentColor"/><circle cx="12" cy="6" r="3" fill="currentColor"/><path d="M3 19c0-6 8-6 8 0M13 19c0-6 8-6 8 0" class="i"/>`,
  units_meeting: svg`<path d="M2 12h7M22 12h-7M6 8l4 4-4 4M18 8l-4 4 4 4" class="i" stroke-width="2.2"/>`,
  unknown: svg`<circle cx="12" cy="12" r="8" class="i"/><path d="M12 7v6M12 15.5v2" class="i"/>`,
};
