import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderAlerts } from '../src/order.ts';
import type { Alert } from '../src/types.ts';

function alert(id: string, change: Partial<Alert>): Alert {
  return {
    id, kind: 'approaching', t_s: 0, first_s: 0, state: 'open', track_id: null, sensors: [], s_m: 0, d_m: 0, lon: 0, lat: 0,
    mgrs: null, count: null, class: null, level: 2, p: null, p_note: null, eta: null, distance_m: null, facts: [], could_be: [],
    verifiers: [], clip: null, no_clip_reason_key: null, acknowledged: null, disposition: null, defer_until_s: null, desk: 'desk', handed_by: null, told: [], evidence: false, held: null, members: [], cover: null, looks: [], test: null,
    ...change,
  };
}

const due = (t50_s: number): Alert['eta'] => ({ t5_s: t50_s - 60, t50_s, t95_s: t50_s + 60 });
const ids = (alerts: Alert[]): string => alerts.map((one) => one.id).join(' ');

test('distress, a mass event, then open by time to the line, then the rest', () => {
  const list = [
    alert('closed', { state: 'closed', kind: 'distress' }),
    alert('taken', { state: 'acknowledged', first_s: 90 }),
    alert('late', { eta: due(900) }),
    alert('touched', { kind: 'fence_touched' }),
    alert('many', { kind: 'mass_event', members: ['late', 'again'] }),
    alert('over', { kind: 'mass_event', state: 'closed' }),
    alert('soon', { eta: due(300) }),
    alert('again', { state: 'deferred', defer_until_s: 400 }),
    alert('help', { kind: 'distress', state: 'acknowledged' }),
  ];
  assert.equal(ids(orderAlerts(list, null)), 'help many soon late touched again taken closed over');
});

test('while held, rows stay and newcomers wait at the end, in their own order', () => {
  const list = [alert('a', { eta: due(900) }), alert('b', { eta: due(300) }), alert('new', { kind: 'distress' }), alert('c', { eta: due(100) })];
  assert.equal(ids(orderAlerts(list, ['a', 'b'])), 'a b new c');
  assert.equal(ids(orderAlerts(list, null)), 'new c b a');
});

test('the order does not depend on the order of arrival', () => {
  const list = [alert('a', {}), alert('b', {}), alert('c', { first_s: 5 })];
  assert.equal(ids(orderAlerts(list, null)), ids(orderAlerts([...list].reverse(), null)));
});
