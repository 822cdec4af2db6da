/** What the screen knows, in one place, and who wants to hear when it changes. */

import { NO_TRACKS, type Tracks } from './wire.ts';
import type { Respond } from './desk/respond.ts';
import type { Alert, Desk, Hello, Picture, Sensor, Site } from './types.ts';

export type Topic = 'site' | 'hello' | 'picture' | 'alerts' | 'tracks' | 'selection' | 'window' | 'goal' | 'link' | 'kept' | 'desk' | 'drawer' | 'choice' | 'respond' | 'layers' | 'past' | 'tilt' | 'tool' | 'sheet' | 'wall';

/** One selection for strip, map, queue and card. */
export interface Selection {
  alertId: string | null;
  trackId: number | null;
}

export interface Link {
  state: 'connecting' | 'online' | 'offline' | 'signed_out';
  lostAt_s: number | null;
}

/**
 * An operator's key press on its way to the server; it leaves this list only when the server calls it durable.
 * path: where it goes; alertId: the alert it is about, '' for a wish to the desk as a whole.
 */
export interface Kept {
  key: string;
  path: string;
  alertId: string;
  action: 'acknowledge' | 'disposition' | 'defer' | 'hand' | 'undo' | 'desk';
  body: Record<string, unknown>;
  at_s: number;
}

export const store = {
  site: null as Site | null,
  hello: null as Hello | null,
  picture: null as Picture | null,
  /** performance.now() when the last picture came. */
  pictureAt_ms: 0,
  tracks: NO_TRACKS as Tracks,
  tracksAt_ms: 0,
  alerts: new Map<string, Alert>(),
  alertsKnown: false,
  desk: null as Desk | null,
  respond: null as Respond | null,
  selection: { alertId: null, trackId: null } as Selection,
  /** The stretch of the line the map shows, km. */
  window: null as [number, number] | null,
  /** Whether the map is seen from the side, over its own heights. */
  tilted: false,
  /** The moment that strip and map show instead of the present, seconds since 1970; null for the present. */
  past_s: null as number | null,
  /** Where the operator asked the map to look. */
  goal: null as { lon: number; lat: number } | null,
  link: { state: 'connecting', lostAt_s: null } as Link,
  kept: [] as Kept[],
  /** The last thing that can be taken back, and until when (performance.now()). */
  undo: null as { alertId: string; action: Kept['action']; until_ms: number } | null,
  refusal: null as { alertId: string; status: number; detail: string } | null,
};

const listeners = new Map<Topic, Set<() => void>>();

/** Calls the listener at every change of these topics, until what it returns is called. */
export function on(topics: Topic | Topic[], listener: () => void): () => void {
  const named = Array.isArray(topics) ? topics : [topics];
  for (const topic of named) {
    let set = listeners.get(topic);
    if (set === undefined) listeners.set(topic, (set = new Set()));
    set.add(listener);
  }
  return () => named.forEach((topic) => listeners.get(topic)?.delete(listener));
}

const versions = new Map<Topic, number>();

/** Grows with every change of a topic: what was made of it stands while this does. */
export function version(topic: Topic): number {
  return versions.get(topic) ?? 0;
}

export function changed(topic: Topic): void {
  versions.set(topic, version(topic) + 1);
  for (const listener of listeners.get(topic) ?? []) listener();
}

// The server's clock, carried forward by ours: it may run faster than life in a replay.
let clock = { t_s: 0, at_ms: 0, speed: 1, known: false };

export function setClock(t_s: number, speed: number): void {
  clock = { t_s, at_ms: performance.now(), speed, known: true };
}

export function clockKnown(): boolean {
  return clock.known;
}

export function clockSpeed(): number {
  return clock.speed;
}

export function nowS(): number {
  if (!clock.known) return Date.now() / 1000;
  return clock.t_s + ((performance.now() - clock.at_ms) / 1000) * clock.speed;
}

/** Whether an alert was there at the moment that is shown. */
export function raised(alert: Alert): boolean {
  return store.past_s === null || alert.first_s <= store.past_s;
}

export function selectedAlert(): Alert | null {
  return store.selection.alertId === null ? null : (store.alerts.get(store.selection.alertId) ?? null);
}

export function selectAlert(id: string | null): void {
  const alert = id === null ? null : (store.alerts.get(id) ?? null);
  store.selection = { alertId: alert?.id ?? null, trackId: alert?.track_id ?? null };
  changed('selection');
}

export function selectTrack(id: number): void {
  const alert = [...store.alerts.values()].find((one) => one.track_id === id && one.state !== 'closed');
  store.selection = { alertId: alert?.id ?? null, trackId: id };
  changed('selection');
}

export function toggleTilt(): void {
  store.tilted = !store.tilted;
  changed('tilt');
}

export function lookAt(lon: number, lat: number): void {
  store.goal = { lon, lat };
  changed('goal');
}

export function trackIndex(id: number): number {
  return store.tracks.id.indexOf(id);
}

export function sensorById(id: string): Sensor | null {
  return store.site?.sensors.find((sensor) => sensor.id === id) ?? null;
}

/** Seconds since the server last said anything about the world; null before the first picture. */
export function dataAgeS(): number | null {
  if (store.picture === null) return null;
  return (store.picture.data_age_s ?? 0) + (performance.now() - store.pictureAt_ms) / 1000;
}

export const STALE_AFTER_S = 10;
