/**
 * The map: our own terrain in relief below, everything that has a meaning on one canvas above.
 *
 * MapLibre paints only when the view moves or a tile arrives; tracks and looks never make it repaint.
 */

import { Map as Ground, setWorkerUrl, type MapOptions, type RasterDEMSourceSpecification } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { html, nothing, type TemplateResult } from 'lit';
import { Crowd, Places } from './crowd.ts';
import { chainageAt, lineAt, zoomFor } from './geo.ts';
import { attributions, hiddenLayers, layerListOpen, shown, toggleLayerList, unreadableLayers } from './layers.ts';
import { paintMap, type Hit, type MapView } from './mappaint.ts';
import { lengthenTail, onFrame, tracksNow } from './motion.ts';
import { followOwn, ownStyle } from './ownlayers.ts';
import { onPrefs } from './prefs.ts';
import { changed, lookAt, on, selectAlert, selectedAlert, selectTrack, store, toggleTilt, type Topic } from './store.ts';
import { ltr, t, text } from './strings.ts';
import { toolPointer } from './tools/keys.ts';
import { nearestTower, setOnMap, tool, type LonLat } from './tools/state.ts';
import { clockText, dayMonth } from './times.ts';
import type { Site, TrackHistory } from './types.ts';
import { exerciseMark, View } from './view.ts';

setWorkerUrl(workerUrl);

/** The drawn window: this much of the line fits across the map at first. */
const FIRST_WIDTH_M = 12_000;
const FIRST_WAIT_MS = 1200;
/** Seen from the side: how far from above, and how many times as high as they are heights are drawn; the map says so. */
const PITCH_DEG = 62;
const HEIGHTS = 2;

export class WatchMap extends View {
  protected readonly topics: Topic[] = ['window', 'selection', 'hello', 'layers', 'past', 'tilt', 'site'];
  private ground: Ground | null = null;
  private hits: Hit[] = [];
  private asked: number | null = null;
  private crowd: Crowd | null = null;
  /** Set when this machine cannot draw the ground at all; strip, queue and card do without. */
  private flat = false;
  private readonly places = new Places();
  private box = { width: 0, height: 0 };

  protected override render(): TemplateResult {
    const stretch = store.window;
    this.classList.toggle('past', store.past_s !== null);
    return html`
      <div class="ground" role="img" aria-label=${text('map.label')}></div>
      <canvas class="over crowd" aria-hidden="true"></canvas>
      <canvas class="over" data-testid="map-tracks" aria-hidden="true"></canvas>
      <div class="mt">
        ${exerciseMark()}
        ${this.flat ? html`<b data-testid="no-webgl">${t('map.no_webgl')}</b>` : nothing}
        ${store.tilted ? html`<span data-testid="tilted">${t('map.tilted', { times: HEIGHTS })}</span>` : nothing}
        ${store.past_s === null ? nothing : html`<b class="pastmark" data-testid="past">${t('past.at', { date: dayMonth(store.past_s), time: clockText(store.past_s) })}</b>`}
        ${stretch === null ? '–' : html`<b>${t('km.range', { range: `${Math.round(stretch[0])}–${Math.round(stretch[1])}` })}</b>`}
        ${gridSquare() === null ? '' : html`<span>${ltr(gridSquare()!)}</span>`}
        ${hiddenLayers().length === 0 ? nothing : html`<span data-testid="hidden-layers">${t('layer.not_shown')} ${hiddenLayers().map((one) => html`<i dir="auto">${one}</i> `)}</span>`}
        ${unreadableLayers().length === 0 ? nothing : html`<b data-testid="unreadable-layers">${t('layer.unreadable')} ${unreadableLayers().map((one) => html`<i dir="auto">${one.name}</i> `)}</b>`}
      </div>
      <div class="mz">
        <button type="button" @click=${() => this.ground?.zoomIn({ duration: 0 })} aria-label=${text('map.zoom_in')} title=${text('map.zoom_in')}>+</button>
        <button type="button" @click=${() => this.ground?.zoomOut({ duration: 0 })} aria-label=${text('map.zoom_out')} title=${text('map.zoom_out')}>−</button>
        <button type="button" data-testid="tilt" aria-pressed=${store.tilted ? 'true' : 'false'} ?disabled=${this.flat} @click=${() => toggleTilt()} title=${text('map.tilt')}>${ltr('3D')}</button>
        <button type="button" data-testid="layer-list" aria-expanded=${layerListOpen() ? 'true' : 'false'} @click=${() => toggleLayerList()} aria-label=${text('layer.title')} title=${text('layer.title')}>≣</button>
        <button type="button" @click=${() => this.wholeLine()} aria-label=${text('map.whole')} title=${text('map.whole')}>↔</button>
      </div>
      <div class="ml">
        <span><i class="s1"></i>${t('map.looks')}</span><span><i class="s4"></i>${t('map.dark')}</span>
      </div>
      ${attributions().length === 0 ? nothing : html`<div class="whose" data-testid="attribution">${attributions().map((one) => html`<span dir="auto">${one}</span>`)}</div>`}
    `;
  }

  protected override firstUpdated(): void {
    // The first alert decides where to look first; without it for a moment, the middle of the line.
    on('site', () => setTimeout(() => this.begin(), FIRST_WAIT_MS));
    on('alerts', () => this.begin());
    on('goal', () => this.go());
    on('selection', () => this.follow());
    on('tilt', () => this.tilt());
    on('layers', () => {
      this.ground?.setLayoutProperty('relief', 'visibility', shown('relief') ? 'visible' : 'none');
      if (this.ground !== null) followOwn(this.ground, css);
      this.paint();
    });
    on('tool', () => this.paint());
    onFrame(() => this.paint(), () => this.metresPerPixel());
    new ResizeObserver(() => (this.box = { width: this.clientWidth, height: this.clientHeight })).observe(this);
    onPrefs(() => {
      if (this.ground === null || store.site === null) return;
      for (const [name, value] of Object.entries(reliefPaint())) this.ground.setPaintProperty('relief', name as 'hillshade-exaggeration', value as number);
      this.ground.setPaintProperty('ground', 'background-color', css('--ground'));
      followOwn(this.ground, css);
      this.paint();
    });
  }

  private begin(): void {
    const { site } = store;
    if (site === null || this.ground !== null) return;
    const box = this.querySelector<HTMLElement>('.ground')!;
    const chosen = selectedAlert();
    const middle = lineAt(site, site.length_m / 2);
    const start = chosen ?? middle;
    const [w, s, e, n] = site.bounds;
    const own = ownStyle(css);
    const ground = this.groundIn(box, {
      center: [start.lon, start.lat],
      zoom: zoomFor(FIRST_WIDTH_M / Math.max(200, box.clientWidth), start.lat),
      minZoom: 5,
      maxZoom: 17,
      maxBounds: [w - 0.5, s - 0.5, e + 0.5, n + 0.5],
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: PITCH_DEG,
      fadeDuration: 0,
      renderWorldCopies: false,
      // Our own arrow keys walk along the line; the map must not take them.
      keyboard: false,
      style: {
        version: 8,
        // Shading and shape ask for their tiles apart, each at the size that it draws best.
        sources: { terrain: heights(site), shape: heights(site), ...own.sources },
        layers: [
          { id: 'ground', type: 'background', paint: { 'background-color': css('--ground') } },
          ...own.layers.filter((layer) => layer.type === 'raster'),
          { id: 'relief', type: 'hillshade', source: 'terrain', paint: reliefPaint() },
          ...own.layers.filter((layer) => layer.type !== 'raster'),
        ],
      },
    });
    if (ground === null) return;
    this.ground = ground;
    // Without keys of its own the map is no stop for the Tab key; its buttons are.
    ground.getCanvas().tabIndex = -1;
    ground.getCanvas().removeAttribute('aria-label'); // MapLibre's own is English; the box around it has ours
    ground.touchZoomRotate.disableRotation();
    // A missing tile is flat ground here, not a fault of the screen.
    ground.on('error', () => undefined);
    ground.on('move', () => this.paint());
    // Heights that arrive lift what stands on them.
    ground.on('idle', () => {
      if (store.tilted) this.paint();
    });
    ground.on('resize', () => this.moved());
    ground.on('moveend', () => this.moved());
    ground.on('click', (event) => this.clicked(event.point.x, event.point.y));
    setOnMap({ centre: () => ground.getCenter().toArray() as LonLat, moved: (at, dx, dy) => this.walked(ground, at, dx, dy) });
    ground.on('mousemove', (event) => {
      if (tool.open !== null) toolPointer(event.lngLat.lng, event.lngLat.lat, false);
      ground.getCanvas().style.cursor = tool.open !== null ? 'crosshair' : this.hitAt(event.point.x, event.point.y) === null ? '' : 'pointer';
    });
    this.moved();
    this.follow();
  }

  private groundIn(container: HTMLElement, how: Omit<MapOptions, 'container'>): Ground | null {
    if (this.flat) return null;
    try {
      return new Ground({ container, ...how });
    } catch {
      // Without WebGL there is no ground; the screen says so once, and goes on.
      this.flat = true;
      container.replaceChildren();
      this.requestUpdate();
      return null;
    }
  }

  /** From the side over its own heights, or straight from above with north up. */
  private tilt(): void {
    const { ground } = this;
    if (ground === null) return;
    ground.setTerrain(store.tilted ? { source: 'shape', exaggeration: HEIGHTS } : null);
    if (store.tilted) ground.dragRotate.enable();
    else ground.dragRotate.disable();
    ground.jumpTo(store.tilted ? { pitch: PITCH_DEG } : { pitch: 0, bearing: 0 });
  }

  /** The stretch of the line inside the view; when the line is outside, the stretch beside it. */
  private moved(): void {
    const { site } = store;
    if (site === null || this.ground === null) return;
    const bounds = this.ground.getBounds();
    let from = Infinity;
    let to = -Infinity;
    for (let s_m = 0; s_m <= site.length_m; s_m += 200) {
      const at = lineAt(site, s_m);
      if (at.lon < bounds.getWest() || at.lon > bounds.getEast() || at.lat < bounds.getSouth() || at.lat > bounds.getNorth()) continue;
      from = Math.min(from, s_m);
      to = Math.max(to, s_m);
    }
    if (to <= from) {
      const left = chainageAt(site, bounds.getWest(), bounds.getCenter().lat);
      const right = chainageAt(site, bounds.getEast(), bounds.getCenter().lat);
      from = Math.min(left, right);
      to = Math.max(left, right);
    }
    store.window = [from / 1000, to / 1000];
    changed('window');
    this.paint();
  }

  private go(): void {
    if (this.ground === null || store.goal === null) return;
    this.ground.jumpTo({ center: [store.goal.lon, store.goal.lat] });
  }

  private follow(): void {
    const alert = selectedAlert();
    const { trackId } = store.selection;
    if (trackId !== null && trackId !== this.asked) {
      this.asked = trackId;
      void fetchHistory(trackId).then(() => this.paint());
    }
    if (this.ground === null) return;
    const i = trackId === null ? -1 : store.tracks.id.indexOf(trackId);
    const point = i >= 0 ? { lon: store.tracks.lon[i]!, lat: store.tracks.lat[i]! } : alert;
    if (point === null) return;
    const { x, y } = this.ground.project([point.lon, point.lat]);
    const { width: w, height: h } = this.box;
    // Already well inside: a map that jumps for nothing costs the reader the place.
    if (x > 0.25 * w && x < 0.75 * w && y > 0.25 * h && y < 0.75 * h) return this.paint();
    lookAt(point.lon, point.lat);
  }

  private wholeLine(): void {
    const { site } = store;
    if (site === null || this.ground === null) return;
    const lons = site.line.map((p) => p[0]);
    const lats = site.line.map((p) => p[1]);
    this.ground.fitBounds([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: 40, duration: 0 });
  }

  private paint(): void {
    const canvas = this.querySelector<HTMLCanvasElement>('[data-testid=map-tracks]');
    if (canvas === null || this.ground === null || store.site === null) return;
    this.crowd ??= new Crowd(this.querySelector<HTMLCanvasElement>('canvas.crowd')!, () => 1);
    this.hits = paintMap(canvas, this.crowd, this.places, this.mapView(store.site, this.ground), tracksNow());
  }

  /** Where the map looks and how much ground its width shows, for a sheet of the same. */
  lookingAt(): { center: [number, number]; width_m: number } | null {
    if (this.ground === null) return null;
    const { lng, lat } = this.ground.getCenter();
    return { center: [lng, lat], width_m: this.metresPerPixel() * this.box.width };
  }

  private metresPerPixel(): number {
    return this.ground === null ? Infinity : metresPerPixelOf(this.ground);
  }

  private mapView(site: Site, ground: Ground): MapView {
    if (store.tilted) return this.tiltedView(site, ground);
    return flatView(site, ground, this.box);
  }

  /** Through MapLibre's own matrices and heights: dearer, and only while it is asked for. */
  private tiltedView(site: Site, ground: Ground): MapView {
    const [center, bounds] = [ground.getCenter(), ground.getBounds()];
    return {
      site,
      ...this.box,
      center: [center.lng, center.lat],
      metresPerPixel: this.metresPerPixel(),
      tilted: true,
      bounds: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()],
      project: (lon, lat) => {
        const { x, y } = ground.project([lon, lat]);
        return [x, y];
      },
      unproject: (x, y) => {
        const { lng, lat } = ground.unproject([x, y]);
        return [lng, lat];
      },
    };
  }

  /** Near a tower the tower is meant: whoever measures from it stands on it. */
  private toolClicked(x: number, y: number): void {
    const { ground } = this;
    if (ground === null) return;
    const { lng, lat } = ground.unproject([x, y]);
    const tower = nearestTower([lng, lat]);
    const at = tower === null ? null : ground.project([tower.lon, tower.lat]);
    if (tower !== null && at !== null && Math.hypot(at.x - x, at.y - y) < 14) {
      if (tool.open !== 'measure' && (tool.open === 'horizon' || tool.points.length === 0)) tool.eye_m = tower.mast_m;
      toolPointer(tower.lon, tower.lat, true);
    } else toolPointer(lng, lat, true);
  }

  /** Where a cross moved by pixels stands; the map follows it over its edge. */
  private walked(ground: Ground, at: LonLat, dx: number, dy: number): LonLat {
    const { x, y } = ground.project(at);
    const next = ground.unproject([x + dx, y + dy]);
    const { width, height } = this.box;
    const out = x + dx < 40 || x + dx > width - 60 || y + dy < 60 || y + dy > height - 260;
    if (out) ground.panBy([dx, dy], { duration: 0 });
    return [next.lng, next.lat];
  }

  private hitAt(x: number, y: number): Hit | null {
    const hit = this.hits.find((one) => Math.hypot(one.x - x, one.y - y) < 14);
    if (hit !== undefined) return hit;
    const track = this.places.trackAt(x, y, 14);
    return track === null ? null : { x, y, track, alert: null };
  }

  private clicked(x: number, y: number): void {
    if (tool.open !== null) return this.toolClicked(x, y);
    const hit = this.hitAt(x, y);
    if (hit === null) return;
    if (hit.alert !== null) selectAlert(hit.alert);
    else if (hit.track !== null) selectTrack(hit.track);
  }
}

function metresPerPixelOf(ground: Ground): number {
  return (40_075_016.7 * Math.cos((ground.getCenter().lat * Math.PI) / 180)) / (512 * 2 ** ground.getZoom());
}

/** The same projection as MapLibre's without its matrices: north up, no pitch, so two multiplications do. */
export function flatView(site: Site, ground: Ground, { width, height }: { width: number; height: number }): MapView {
  const center = ground.getCenter();
  const scale = 2 ** ground.getZoom() * 512;
  const mercatorY = (lat: number): number => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);
  const bounds = ground.getBounds();
  const cx = (center.lng / 360 + 0.5) * scale - width / 2;
  const cy = mercatorY(center.lat) * scale - height / 2;
  return {
    site,
    width,
    height,
    center: [center.lng, center.lat],
    metresPerPixel: metresPerPixelOf(ground),
    tilted: false,
    bounds: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()],
    project: (lon, lat) => [(lon / 360 + 0.5) * scale - cx, mercatorY(lat) * scale - cy],
    unproject: (x, y) => {
      const my = (y + cy) / scale;
      return [((x + cx) / scale - 0.5) * 360, (Math.atan(Math.sinh(Math.PI * (1 - 2 * my))) * 180) / Math.PI];
    },
  };
}

export function heights(site: Site): RasterDEMSourceSpecification {
  return {
    type: 'raster-dem',
    tiles: [new URL('tiles/terrain/{z}/{x}/{y}.png', location.href).href.replace(/%7B/g, '{').replace(/%7D/g, '}')],
    tileSize: 256,
    maxzoom: site.terrain_max_zoom,
    bounds: site.bounds,
    encoding: 'terrarium',
  };
}

function gridSquare(): string | null {
  const mgrs = selectedAlert()?.mgrs ?? null;
  const match = mgrs === null ? null : /^(\d{1,2}[A-Z]\s?[A-Z]{2})/.exec(mgrs);
  return match?.[1] ?? null;
}

async function fetchHistory(id: number): Promise<void> {
  try {
    const answer = await fetch(`api/tracks/${id}/history`);
    if (answer.ok) lengthenTail(id, ((await answer.json()) as TrackHistory).points);
  } catch {
    // the tail seen from here is shown anyway
  }
}

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function reliefPaint(): Record<string, string | number> {
  return {
    'hillshade-method': 'standard',
    'hillshade-illumination-direction': 315,
    'hillshade-illumination-anchor': 'map',
    'hillshade-exaggeration': 1,
    'hillshade-shadow-color': css('--relief-shadow'),
    'hillshade-highlight-color': css('--relief-light'),
    'hillshade-accent-color': css('--relief-accent'),
  };
}

customElements.define('watch-map', WatchMap);
