/** A track that no alert speaks of, selected on the strip or the map: what is known about it, nothing to press. */

import { html, nothing, type TemplateResult } from 'lit';
import { STALE_AFTER_S, store, trackIndex } from './store.ts';
import { codeWords, ltr, t, text, type Words } from './strings.ts';
import { clockText, hourMinute } from './times.ts';
import { PARTY, TRACK_CLASS } from './wire.ts';

export function trackCard(id: number): TemplateResult {
  const i = trackIndex(id);
  if (i < 0) return html`<div class="none">${t('track.gone', { id })}</div>`;
  const { tracks } = store;
  const speed = Math.hypot(tracks.ve_m_s[i]!, tracks.vn_m_s[i]!);
  const heading = (Math.atan2(tracks.ve_m_s[i]!, tracks.vn_m_s[i]!) * 180) / Math.PI;
  const eta = tracks.eta_s[i]!;
  const d_m = tracks.d_m[i]!;
  const rows: [Words, Words][] = [
    [t('track.party'), codeWords('party', PARTY[tracks.state[i]!] ?? 'unknown')],
    [t('track.class'), codeWords('class', TRACK_CLASS[tracks.class[i]!] ?? 'unknown')],
    [t('track.count'), ltr(Math.max(1, Math.round(tracks.count[i]!)))],
    [t('track.place'), t('km.at', { km: (tracks.s_m[i]! / 1000).toFixed(1) })],
    [t('track.distance'), t(d_m > 0 ? 'distance.home.km' : 'distance.outside.km', { d: (Math.abs(d_m) / 1000).toFixed(2) })],
    [t('track.motion'), t('track.motion_value', { speed_m_s: speed, heading_deg: heading })],
    [t('track.line'), Number.isFinite(eta) ? t('eta.at', { time: hourMinute(tracks.t_s + eta) }) : t('track.no_crossing')],
    [t('track.exists'), ltr(tracks.p_exist[i]!.toFixed(2))],
    [t('track.last'), html`${ltr(clockText(tracks.t_s - tracks.age_s[i]!))}${tracks.age_s[i]! > STALE_AFTER_S ? html` · ${t('track.stale')}` : nothing}`],
  ];
  return html`<article class="cardbox quiet" data-testid="track-card" aria-label=${text('track.label')}>
    <div class="ch"><div><h1>${t('track.title', { id })}</h1><p>${t('track.no_alert')}</p></div></div>
    <dl class="tc">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
  </article>`;
}
