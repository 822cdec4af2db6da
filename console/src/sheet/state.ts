/** Whether the map sheet is open, and what of it is chosen. */

import { changed } from '../store.ts';

export type Paper = 'A4' | 'A3';
/** Of the paper as it lies, millimetres; the margin that every printer can keep. */
export const PAPERS: Readonly<Record<Paper, [number, number]>> = { A4: [297, 210], A3: [420, 297] };
export const MARGIN_MM = 10;

export const sheet = { open: false, paper: 'A4' as Paper, title: '', mark: '' };

export function sheetOpen(): boolean {
  return sheet.open;
}

export function openSheet(): void {
  sheet.open = true;
  changed('sheet');
}

export function closeSheet(): void {
  sheet.open = false;
  changed('sheet');
}
