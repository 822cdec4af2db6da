/** Whether the desk's drawer is open, and at which page. */

import { changed } from '../store.ts';

export type Page = 'shift' | 'aside' | 'figures' | 'practice';
export const PAGES: readonly Page[] = ['shift', 'aside', 'figures', 'practice'];

const drawer = { open: false, page: 'shift' as Page };

export function drawerOpen(): boolean {
  return drawer.open;
}

export function drawerPage(): Page {
  return drawer.page;
}

export function toggleDrawer(open = !drawer.open): void {
  if (drawer.open === open) return;
  drawer.open = open;
  changed('drawer');
}

export function showPage(page: Page): void {
  drawer.page = page;
  drawer.open = true;
  changed('drawer');
}
