/**
 * Everything that can be done or gone to from this screen, by name. What this person may not do is not in the list.
 *
 * Rules: an offer does what its key does, through the same function; nothing happens before Enter.
 */

import { acknowledge, defer, dispose, DISPOSITIONS } from '../card.ts';
import { askDesk, askGroup, askPhrase, askShelf } from '../desk/asks.ts';
import { PAGES, showPage } from '../desk/drawerstate.ts';
import { askSend, offered } from '../desk/respond.ts';
import { may, mine } from '../desk/rights.ts';
import { lineAt } from '../geo.ts';
import { switches, toggleLayerList } from '../layers.ts';
import { keptFor, undo, undoOpen } from '../link.ts';
import { orderAlerts } from '../order.ts';
import { overTime, toggleOverTime } from '../overtime/rows.ts';
import { closeOverTime } from '../overtime/view.ts';
import { LANGUAGE_NAMES, LANGUAGES, prefs, setPrefs } from '../prefs.ts';
import { signOut } from '../signout.ts';
import { lookAt, selectAlert, selectedAlert, selectTrack, store, toggleTilt } from '../store.ts';
import { codeText, fetchWords, ltrText, text } from '../strings.ts';
import { openSheet } from '../sheet/state.ts';
import { openTool, TOOLS } from '../tools/state.ts';
import { beginTour } from '../tour/view.ts';
import { toggleWall } from '../wall/state.ts';
import { addressOf, outsidePages, workplaces } from '../workplaces.ts';
import { kilometreIn, type Offer } from './finding.ts';

export type Group = 'do' | 'alert' | 'km' | 'sensor' | 'unit' | 'track' | 'place' | 'page' | 'layer' | 'screen';

/** key: the key that does the same, where one does. */
export interface Doing extends Offer {
  group: Group;
  key: string;
  detail: string;
  take: () => void;
}

function doing(group: Group, name: string, take: () => void, more: { key?: string; detail?: string; also?: string[] } = {}): Doing {
  return { group, name, take, key: more.key ?? '', detail: more.detail ?? '', also: [codeText('palette', group), ...(more.also ?? [])] };
}

/** Of what was typed: a kilometre is not in any list. */
export function kilometreOffer(asked: string): Doing[] {
  const { site } = store;
  const km = site === null ? null : kilometreIn(asked, site.length_m / 1000);
  if (site === null || km === null) return [];
  const at = lineAt(site, km * 1000);
  return [doing('km', text('km.at', { km: String(km) }), () => lookAt(at.lon, at.lat))];
}

/** In the order in which they are of use while nothing is typed: the selected alert first, the screen's own switches last. */
export function offers(): Doing[] {
  return [...ofTheAlert(), ...ofTheDesk(), ...ofTheMap(), ...alerts(), ...things(), ...tracks(), ...pages(), ...layers(), ...screen()];
}

function ofTheAlert(): Doing[] {
  const alert = selectedAlert();
  if (alert === null || alert.test !== null) return [];
  const { id } = alert;
  const where = { detail: `${codeText('alert', alert.kind)} · ${text('km.at', { km: (alert.s_m / 1000).toFixed(1) })}` };
  const found: Doing[] = [];
  const closed = alert.state === 'closed';
  if (may('answer') && mine(alert) && !closed) {
    if (alert.state === 'open' || alert.state === 'deferred') found.push(doing('do', text('do.acknowledge'), () => acknowledge(id), { key: '↵', ...where }));
    for (const { code, letter } of DISPOSITIONS) {
      found.push(doing('do', codeText('disposition', code), () => dispose(id, code), { key: letter, ...where, also: [text('do.disposition')] }));
    }
    if (alert.kind !== 'distress') found.push(doing('do', text('do.look_again'), () => defer(id), { key: 'L', ...where }));
  }
  if (offered(id).some((one) => one.may)) found.push(doing('do', text('help.send'), askSend, { key: 'P', ...where }));
  if (may('hand') && (store.desk?.desks.length ?? 0) > 1) found.push(doing('do', text('help.hand'), askDesk, { key: 'H', ...where }));
  if (may('shelve') && alert.kind !== 'distress') found.push(doing('do', text('help.shelve'), askShelf, { key: 'K', ...where }));
  const last = store.kept.at(-1)?.alertId ?? store.undo?.alertId ?? id;
  if (keptFor(last) !== null || undoOpen(last)) found.push(doing('do', text('do.undo'), () => undo(last), { key: 'Z' }));
  return found;
}

function ofTheDesk(): Doing[] {
  const found: Doing[] = [];
  if (may('write')) {
    found.push(doing('do', text('help.log'), askPhrase, { key: 'J' }), doing('do', text('help.group'), askGroup, { key: 'G' }));
  }
  for (const page of PAGES) found.push(doing('do', codeText('drawer', page), () => showPage(page), { key: 'S', detail: text('drawer.label') }));
  found.push(doing('do', text('wall.title'), () => toggleWall(true), { key: 'W' }));
  if (store.hello?.exercise === false) {
    const open = overTime().open;
    found.push(doing('do', text(open ? 'overtime.close' : 'overtime.title'), () => (open ? closeOverTime() : toggleOverTime(true)), { key: 'V' }));
  }
  return found;
}

function alerts(): Doing[] {
  return orderAlerts([...store.alerts.values()].filter((alert) => alert.held === null), null).map((alert) =>
    doing('alert', `${codeText('alert', alert.kind)} ${text('km.at', { km: (alert.s_m / 1000).toFixed(1) })}`, () => selectAlert(alert.id), {
      detail: `${ltrText(alert.id)} · ${codeText('state', alert.state)}`,
      also: [alert.id, codeText('state', alert.state)],
    }),
  );
}

/** What stands or drives: by its own name, with what it is and where. */
function things(): Doing[] {
  const { site, picture } = store;
  if (site === null) return [];
  const at = (group: Group, name: string, what: string, one: { lon: number; lat: number; s_m: number }): Doing =>
    doing(group, name, () => lookAt(one.lon, one.lat), {
      detail: `${what} · ${text('km.at', { km: (one.s_m / 1000).toFixed(1) })}`,
      also: [what],
    });
  return [
    ...(picture?.units ?? []).map((unit) => at('unit', unit.id, codeText('unit', unit.kind), unit)),
    ...site.sensors.map((sensor) => at('sensor', sensor.id, codeText('sensor', sensor.kind), sensor)),
    ...site.posts.map((post) => at('place', post.id, codeText('post', post.kind), post)),
    ...site.places.map((place) => at('place', place.name, codeText('place', place.kind), place)),
  ];
}

function tracks(): Doing[] {
  const { tracks: known } = store;
  return Array.from(known.id, (id, i) =>
    doing('track', text('track.title', { id: String(id) }), () => selectTrack(id), {
      detail: text('km.at', { km: (known.s_m[i]! / 1000).toFixed(1) }),
      also: [String(id)],
    }),
  );
}

function pages(): Doing[] {
  const open = (page: string): void => void window.open(addressOf(page), '_blank', 'noopener');
  return [
    ...workplaces().map((page) => doing('page', codeText('nav', page), () => open(page), { also: [page] })),
    ...outsidePages().map((page) => doing('page', codeText('status', page), () => open(page), { also: [page] })),
  ];
}

function layers(): Doing[] {
  return switches().map((layer) =>
    doing('layer', layer.name, layer.toggle, { detail: text(layer.on ? 'layer.shown' : 'layer.hidden'), also: [layer.key] }),
  );
}

/** What is asked of the ground, and the map on paper. */
function ofTheMap(): Doing[] {
  return [
    ...TOOLS.map((one, k) => doing('do', text(`tool.${one}`), () => openTool(one), { key: 'MIY'[k]!, also: [text(`tool.how_${one}`)] })),
    doing('do', text('layer.title'), () => void toggleLayerList(true), { key: 'B' }),
    doing('do', text('sheet.title'), () => openSheet(), { key: 'R' }),
  ];
}

function screen(): Doing[] {
  const night = prefs.theme === 'night';
  return [
    doing('screen', text(night ? 'palette.day' : 'palette.night'), () => setPrefs({ theme: night ? 'day' : 'night' })),
    doing('screen', text(prefs.sound ? 'palette.sound_off' : 'palette.sound_on'), () => setPrefs({ sound: !prefs.sound })),
    doing('screen', text(prefs.letterKeys ? 'palette.keys_off' : 'palette.keys_on'), () => setPrefs({ letterKeys: !prefs.letterKeys })),
    ...LANGUAGES.filter((one) => one !== prefs.language).map((one) =>
      doing('screen', LANGUAGE_NAMES[one], () => void fetchWords(one).then(() => setPrefs({ language: one })), { also: [one, new Intl.DisplayNames('en', { type: 'language' }).of(one) ?? ''] }),
    ),
    doing('screen', text(store.tilted ? 'map.from_above' : 'map.tilt'), toggleTilt, { key: '3' }),
    ...(store.hello?.signs_out ? [doing('screen', text('status.sign_out'), () => void signOut())] : []),
    doing('screen', text('tour.title'), beginTour),
    doing('screen', text('help.title'), () => document.querySelector('watch-app')?.dispatchEvent(new Event('help')), { key: '?' }),
  ];
}
