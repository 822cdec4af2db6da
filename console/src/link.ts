/** The way to the server: one WebSocket for the picture, one queue for the operator's keys. Both survive an outage. */

import {
  changed,
  clockKnown,
  clockSpeed,
  nowS,
  selectAlert,
  setClock,
  store,
  type Kept,
} from './store.ts';
import { mine } from './desk/rights.ts';
import { orderAlerts } from './order.ts';
import { setSiteZone } from './times.ts';
import type { Past } from './past/reckon.ts';
import type { Alert, Picture, ServerMessage, Site } from './types.ts';
import { decodeTracks, NO_TRACKS, type Tracks } from './wire.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** The picture comes once a second; after this long without a word the socket is dead even if it does not know. */
const SILENCE_MS = 8_000;
const UNDO_MS = 10_000;
/** Kept apart for the exercise, which lives under its own path: a key pressed there must never reach the real desk. */
const MEMORY = `watchline.kept${location.pathname.replace(/\/$/, '')}`;

let socket: WebSocket | null = null;
let wait_ms = FIRST_WAIT_MS;
let heard_ms = 0;
let sending = false;
const newAlertListeners = new Set<(alert: Alert, before: Alert | null) => void>();

export function onAlertChange(listener: (alert: Alert, before: Alert | null) => void): void {
  newAlertListeners.add(listener);
}

export function start(): void {
  store.kept = readKept();
  void loadSite();
  connect();
  setInterval(() => {
    if (socket?.readyState === WebSocket.OPEN && performance.now() - heard_ms > SILENCE_MS) {
      // close() alone may wait a minute for the dead peer's answer.
      const dead = socket;
      dead.close();
      lost(dead);
    }
    if (store.link.state === 'online') void sendKept();
  }, 2000);
  addEventListener('online', () => {
    if (store.link.state !== 'online') retryNow();
  });
}

let retryTimer = 0;
function retryNow(): void {
  clearTimeout(retryTimer);
  connect();
}

async function loadSite(): Promise<void> {
  for (let pause = FIRST_WAIT_MS; store.site === null; pause = Math.min(2 * pause, LONGEST_WAIT_MS)) {
    try {
      const answer = await fetch('api/site');
      if (answer.status === 401 || answer.status === 403) {
        store.link = { state: 'signed_out', lostAt_s: null };
        changed('link');
      } else if (answer.ok) {
        const site = (await answer.json()) as Site;
        setSiteZone(site.timezone);
        store.site = site;
        changed('site');
        return;
      }
    } catch {
      // no server: the next round asks again
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function connect(): void {
  if (socket !== null && socket.readyState <= WebSocket.OPEN) return;
  const address = new URL('ws', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.search = '';
  const mine = new WebSocket(address);
  mine.binaryType = 'arraybuffer';
  socket = mine;
  heard_ms = performance.now();
  mine.onopen = () => {
    wait_ms = FIRST_WAIT_MS;
  };
  mine.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
    heard_ms = performance.now();
    if (socket !== mine) return;
    if (store.link.state !== 'online') {
      store.link = { state: 'online', lostAt_s: null };
      changed('link');
      void sendKept();
    }
    if (typeof event.data === 'string') takeText(event.data, mine);
    else takeTracks(event.data, mine);
  };
  mine.onclose = () => lost(mine);
}

function lost(which: WebSocket): void {
  if (socket !== which) return;
  socket = null;
  if (store.link.state === 'online' || (store.link.state === 'connecting' && clockKnown())) {
    store.link = { state: 'offline', lostAt_s: nowS() };
    changed('link');
  } else if (store.link.state === 'connecting') {
    store.link = { state: 'offline', lostAt_s: null };
    changed('link');
  }
  retryTimer = window.setTimeout(connect, wait_ms * (0.75 + 0.5 * Math.random()));
  wait_ms = Math.min(2 * wait_ms, LONGEST_WAIT_MS);
}

function takeText(raw: string, from: WebSocket): void {
  const message = JSON.parse(raw) as ServerMessage;
  switch (message.type) {
    case 'hello':
      store.hello = message;
      setClock(message.now_s, message.speed ?? 1);
      changed('hello');
      break;
    case 'picture':
      keepClock(message.t_s);
      live.picture = message;
      if (past === null) store.picture = message;
      store.pictureAt_ms = performance.now();
      from.send(JSON.stringify({ ack: message.seq }));
      changed('picture');
      break;
    case 'alert':
      takeAlert(message.alert);
      break;
    case 'gone':
      store.alerts.delete(message.alert);
      selectSomething();
      changed('alerts');
      break;
    case 'desk':
      store.desk = message;
      changed('desk');
      break;
    case 'alerts': {
      // The whole list after a connect: what the server no longer has must not linger here.
      const fresh = new Map(message.alerts.map((alert) => [alert.id, alert]));
      const before = store.alerts;
      const wasKnown = store.alertsKnown;
      store.alerts = fresh;
      store.alertsKnown = true;
      if (wasKnown) for (const alert of fresh.values()) if (!before.has(alert.id)) tell(alert, null);
      selectSomething();
      changed('alerts');
      break;
    }
  }
}

/** With every picture the clock is set anew; a server that runs as fast as it can is timed by its own last two pictures. */
function keepClock(t_s: number): void {
  const said = store.hello?.speed ?? null;
  const real_s = (performance.now() - store.pictureAt_ms) / 1000;
  const measured = live.picture === null || real_s <= 0 ? clockSpeed() : Math.max(0, (t_s - live.picture.t_s) / real_s);
  setClock(t_s, said ?? measured);
}

function takeAlert(alert: Alert): void {
  const before = store.alerts.get(alert.id) ?? null;
  store.alerts.set(alert.id, alert);
  store.alertsKnown = true;
  selectSomething();
  changed('alerts');
  tell(alert, before);
}

function tell(alert: Alert, before: Alert | null): void {
  for (const listener of newAlertListeners) listener(alert, before);
}

/** Something is always selected while there is anything to select; a selection is never taken away from the operator. */
function selectSomething(): void {
  const { alertId, trackId } = store.selection;
  if (alertId !== null && store.alerts.has(alertId)) return;
  if (alertId === null && trackId !== null) return;
  const inOrder = orderAlerts([...store.alerts.values()].filter(mine), null);
  selectAlert((inOrder.find((alert) => alert.state === 'open') ?? inOrder[0])?.id ?? null);
}

function takeTracks(buffer: ArrayBuffer, from: WebSocket): void {
  try {
    live.tracks = decodeTracks(buffer);
  } catch (error) {
    console.warn(String(error));
    return;
  }
  store.tracksAt_ms = performance.now();
  from.send(JSON.stringify({ ack: live.tracks.seq }));
  if (past !== null) return;
  store.tracks = live.tracks;
  changed('tracks');
}

/* ---- the present behind a past moment ---- */

const live: { tracks: Tracks; picture: Picture | null } = { tracks: NO_TRACKS, picture: null };
let past: Past | null = null;

/** What the server last said, whatever moment strip and map show. */
export function present(): Readonly<typeof live> {
  return live;
}

/** Puts a past moment in the place of the present, or the present back again. */
export function showPast(moment: Past | null): void {
  past = moment;
  store.past_s = moment?.t_s ?? null;
  store.tracks = moment?.tracks ?? live.tracks;
  store.picture = moment?.picture ?? live.picture;
  changed('tracks');
  changed('picture');
}

/* ---- the operator's keys ---- */

export function act(alertId: string, action: Exclude<Kept['action'], 'desk'>, extra: Record<string, unknown> = {}): void {
  keep({ alertId, action, path: `api/alerts/${encodeURIComponent(alertId)}/${action}`, extra });
}

/** A wish to the desk: a line of the log, a signature, a shelf. It survives an outage like any other key. */
export function wish(ask: string, extra: Record<string, unknown> = {}): void {
  keep({ alertId: '', action: 'desk', path: 'api/desk', extra: { ask, ...extra } });
}

/** An approval or a word about a task; kept like any other key, and refused by the server when what it names has changed. */
export function order(alertId: string, body: Record<string, unknown>): void {
  keep({ alertId, action: 'desk', path: 'api/respond', extra: body });
}

function keep(one: Pick<Kept, 'alertId' | 'action' | 'path'> & { extra: Record<string, unknown> }): void {
  const key = newKey();
  const { extra, ...rest } = one;
  store.kept = [...store.kept, { ...rest, key, body: { key, ...extra }, at_s: nowS() }];
  store.refusal = null;
  writeKept();
  changed('kept');
  void sendKept();
}

export function keptFor(alertId: string): Kept | null {
  return store.kept.findLast((one) => one.alertId === alertId) ?? null;
}

export function undoOpen(alertId: string): boolean {
  return store.undo?.alertId === alertId && performance.now() < store.undo.until_ms;
}

/** Takes back the last action on this alert: unsent keys are dropped, accepted ones are undone by the server. */
export function undo(alertId: string): boolean {
  const waiting = keptFor(alertId);
  if (waiting !== null && !(sending && store.kept[0] === waiting)) {
    store.kept = store.kept.filter((one) => one !== waiting);
    writeKept();
    changed('kept');
    return true;
  }
  if (!undoOpen(alertId)) return false;
  store.undo = null;
  act(alertId, 'undo');
  return true;
}

/** One at a time and in order: an acknowledgement must not overtake the one before it. */
async function sendKept(): Promise<void> {
  if (sending) return;
  sending = true;
  try {
    for (let next = store.kept[0]; next !== undefined; next = store.kept[0]) {
      if (!(await sendOne(next))) return;
      store.kept = store.kept.filter((one) => one !== next);
      writeKept();
      changed('kept');
    }
  } finally {
    sending = false;
  }
}

/** True when the server has settled it, either way; false when it must be tried again later. */
async function sendOne(one: Kept): Promise<boolean> {
  let answer: Response;
  try {
    answer = await fetch(one.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(one.body),
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    return false;
  }
  const said = (await answer.json().catch(() => null)) as { durable?: boolean; alert?: Alert; error?: string; refused?: string } | null;
  if ((answer.status === 401 || answer.status === 403) && said?.refused === undefined) {
    // Whoever opens the link again sends what was pressed.
    store.link = { state: 'signed_out', lostAt_s: null };
    changed('link');
    return false;
  }
  if (answer.status >= 500 || answer.status === 429) return false;
  if (!answer.ok) {
    store.refusal = { alertId: one.alertId, status: answer.status, detail: said?.error ?? '' };
    return true;
  }
  // Accepted means durable. Anything else is not an acceptance, and the same key may be sent again without harm.
  if (said?.durable !== true) return false;
  if (one.action === 'desk') return true;
  store.undo =
    one.action === 'undo' ? null : { alertId: one.alertId, action: one.action, until_ms: performance.now() + UNDO_MS };
  if (said.alert) takeAlert(said.alert);
  return true;
}

function newKey(): string {
  // randomUUID exists only in a secure context; the console is also opened by plain http on a closed network.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function writeKept(): void {
  localStorage.setItem(MEMORY, JSON.stringify(store.kept));
}

function readKept(): Kept[] {
  try {
    const kept = JSON.parse(localStorage.getItem(MEMORY) ?? '[]') as unknown;
    return Array.isArray(kept) ? (kept as Kept[]).filter((one) => typeof one.path === 'string') : [];
  } catch {
    return [];
  }
}
