/** The keyboard while a tool of the map is open: a cross is walked over the map, points are set and taken back. */

import { endTool, openTool, point, setMark, setPoint, step, takeBack, tool, type Tool } from './state.ts';

const OPENS: Record<string, Tool> = { KeyM: 'measure', KeyI: 'sight', KeyY: 'horizon' };
const WAYS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP_PX = 12;
const FINE_PX = 2;

/** Opens the tool of a letter; false when it is none. */
export function toolLetter(code: string): boolean {
  const which = OPENS[code];
  if (which === undefined) return false;
  openTool(which);
  return true;
}

/** Takes a key for the open tool; false when none is open or the key is none of its own. */
export function toolKey(event: KeyboardEvent, onControl: boolean): boolean {
  if (tool.open === null) return false;
  if (event.code === 'Escape') {
    endTool();
    return true;
  }
  if (onControl) return false;
  const way = WAYS[event.code];
  if (way !== undefined) return walk(way, event);
  if (event.code === 'Backspace' || event.code === 'Delete') {
    takeBack();
    return true;
  }
  if ((event.code === 'Enter' || event.code === 'NumpadEnter' || event.code === 'Space') && tool.at !== null) {
    if (!event.repeat) setPoint(tool.at);
    return true;
  }
  return false;
}

function walk([x, y]: [number, number], event: KeyboardEvent): boolean {
  const onChart = (event.target as Element).closest('[data-chart]') !== null;
  if (tool.open === 'horizon' && tool.horizon !== null && x !== 0) {
    setMark(((tool.mark ?? 0) + x * (event.shiftKey ? 10 : 0.5) + 360) % 360);
  } else if (onChart && tool.sight !== null && x !== 0) {
    setMark(Math.min(1, Math.max(0, (tool.mark ?? 0) + x * (event.shiftKey ? 0.1 : 0.01))));
  } else {
    const px = event.shiftKey ? FINE_PX : STEP_PX;
    step(x * px, y * px);
  }
  return true;
}

/** The pointer on the map: moved, or pressed. */
export function toolPointer(lon: number, lat: number, pressed: boolean): void {
  if (pressed) setPoint([lon, lat]);
  point([lon, lat]);
}
