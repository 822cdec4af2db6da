/** The words of the wire: what the server sends, exactly as it sends it. Units are in the names. */

export type SensorKind = 'thermal_camera' | 'radar' | 'fence_sensor' | 'ground_sensor' | 'drone_camera';
export type PostKind = 'watchtower' | 'checkpoint_fixed' | 'checkpoint_mobile' | 'blocking_position';
export type UnitKind = 'patrol' | 'drone' | 'reserve' | 'medical';

export interface Sensor {
  index: number;
  id: string;
  kind: SensorKind;
  post: string | null;
  lon: number;
  lat: number;
  s_m: number;
  d_m: number;
  range_m: number;
  /** Height of the eye above ground, metres. */
  mast_m: number;
  from_km?: number | null;
  to_km?: number | null;
  pictures: boolean;
}

export interface Post {
  id: string;
  kind: PostKind;
  lon: number;
  lat: number;
  s_m: number;
  d_m: number;
  organisation: string | null;
}

export interface Barrier {
  id: string;
  kind: 'wire' | 'trench';
  from_km: number;
  to_km: number;
  instrumented: boolean;
  path: [number, number][];
}

export interface Place {
  id: string;
  name: string;
  kind: string;
  lon: number;
  lat: number;
  s_m: number;
  d_m: number;
}

/** language: for whom it is written; '' for everybody without a card of their own. */
export interface ActionCard {
  alert: string;
  language: '' | 'en' | 'ar' | 'ckb';
  check: string;
  call: string;
  do_not: string;
}

/** Imagery or a vector map of the site's own; what follows `problem` is there when there is none. */
export interface OwnLayer {
  id: string;
  name: string;
  kind: 'raster' | 'vector';
  attribution: string;
  /** From the start. */
  shown: boolean;
  /** Why it cannot be read. */
  problem: string | null;
  tiled?: boolean;
  min_zoom?: number;
  max_zoom?: number;
  bounds?: [number, number, number, number];
  parts?: string[];
}

export interface Site {
  name: string;
  version: string;
  timezone: string;
  partner_timezone: string | null;
  /** When a simulation begins, seconds since 1970; null on a real line. Chainage begins at 0. */
  start_s: number | null;
  length_m: number;
  outside_depth_m: number;
  home_depth_m: number;
  center: [number, number];
  bounds: [number, number, number, number];
  zone_break_km: number | null;
  zones: string[];
  line: [number, number, number][];
  sensors: Sensor[];
  posts: Post[];
  barriers: Barrier[];
  places: Place[];
  roads: [number, number][][];
  organisations: { id: string; name: string }[];
  action_cards: ActionCard[];
  areas?: { id: string; kind: string; rings: [number, number][][] }[];
  map_layers: OwnLayer[];
  terrain_max_zoom: number;
}

export interface Look {
  sensor: number;
  az_deg: number | null;
  hfov_deg: number | null;
  range_m: number | null;
  state: 'up' | 'degraded' | 'dark';
  cause: string | null;
  since_s: number | null;
}

export interface Unit {
  id: string;
  kind: UnitKind;
  organisation: string | null;
  lon: number;
  lat: number;
  s_m: number;
  d_m: number;
  t_s: number;
  reach_10min_m: number | null;
}

export interface Weather {
  visibility_km: number | null;
  wind_m_s: number | null;
  dust: number | null;
  rain: number | null;
  temperature_c: number | null;
  text_key: string | null;
}

export interface Picture {
  type: 'picture';
  seq: number;
  t_s: number;
  looks: Look[];
  units: Unit[];
  weather: Weather | null;
  strip: { step_km: number; in_view: (number | null)[]; why: (string | null)[] };
  /** Of those who cross on foot now, so many would pass unnoticed; null before the first account. */
  unseen: { t_s: number | null; mean: number; low: number; high: number; weakest_km: number | null; weakest: number | null; open_km: number | null } | null;
  load: { bins: number[]; now: number; budget: number };
  health: Partial<Record<'cameras' | 'radars' | 'fence' | 'ground' | 'drones', [number, number]>>;
  data_age_s: number | null;
  watched: number | null;
}

export type Role = 'tower_operator' | 'shift_commander' | 'maintainer' | 'auditor';

export interface Hello {
  type: 'hello';
  now_s: number;
  /** Seconds of the picture per second of ours; null: as fast as it can. */
  speed: number | null;
  user: string;
  role: Role;
  /** Whose alerts this person answers; '' for every desk's. */
  desk: string;
  may: string[];
  exercise: boolean;
  simulated: boolean;
  /** Whether this person signed in, and can sign out. */
  signs_out: boolean;
}

export type AlertKind =
  | 'approaching'
  | 'crossing'
  | 'crossed'
  | 'loitering'
  | 'fence_touched'
  | 'lost_contact'
  | 'distress'
  | 'sensor_dark'
  | 'line_weakened'
  | 'line_uncovered'
  | 'mass_event'
  | 'group_arrival'
  | 'units_meeting';
export type AlertState = 'open' | 'acknowledged' | 'deferred' | 'closed';
export type DispositionCode = 'true' | 'nuisance' | 'environment' | 'false' | 'own' | 'distress';

export interface Fact {
  text_key: string;
  args: Record<string, unknown>;
  source: string | null;
  t_s: number | null;
  ref: string | null;
}

export interface Clip {
  id: string;
  sensor: string;
  t0_s: number;
  t1_s: number;
  fps: number;
  width: number;
  height: number;
  boxes: [number, number, number, number, number][];
}

export interface Alert {
  id: string;
  kind: AlertKind;
  t_s: number;
  first_s: number;
  state: AlertState;
  track_id: number | null;
  sensors: string[];
  s_m: number;
  d_m: number;
  lon: number;
  lat: number;
  mgrs: string | null;
  count: number | null;
  class: string | null;
  level: number;
  p: number | null;
  p_note: string | null;
  eta: { t5_s: number | null; t50_s: number | null; t95_s: number | null } | null;
  distance_m: number | null;
  facts: Fact[];
  could_be: { class_key: string; p: number }[];
  verifiers: { name: string; up: boolean }[];
  clip: Clip | null;
  no_clip_reason_key: string | null;
  acknowledged: { by: string; t_s: number } | null;
  disposition: { code: DispositionCode; cause: Cause | null; by: string; t_s: number } | null;
  defer_until_s: number | null;
  desk: string;
  handed_by: string | null;
  /** Who was told because nobody answered in time. */
  told: { to: 'shift_commander' | 'every_desk'; t_s: number }[];
  /** Whether a map and a sheet were kept of it. */
  evidence: boolean;
  /** The rule that keeps it off the queue now, null when it is on it. */
  held: { rule: string; by: string; until_s: number } | null;
  /** Alerts that a mass event stands for, the gravest first. */
  members: string[];
  /** The nearest place where they would be out of sight. */
  cover: { place: string; distance_m: number; at_s: number | null } | null;
  /** Looks that cameras took because of it. */
  looks: { camera: string; state: 'asked' | 'looked' | 'refused'; found: number | null; reason_key: string | null; t_s: number }[];
  /** Set when this was a seeded test and is over. */
  test: { outcome: 'answered' | 'missed'; waited_s: number } | null;
}

export type Cause = 'shepherd' | 'animal' | 'vehicle' | 'works' | 'wind' | 'rain' | 'dust' | 'heat' | 'fault' | 'other';

export interface OpenItem {
  ref: string;
  what: string;
  state: 'open' | 'acknowledged' | 'deferred' | 'unanswered' | 'shelved';
  since_s: number;
  s_m?: number | null;
  by?: string;
}

export interface SignedShift {
  handover: string;
  desk: string;
  outgoing: string;
  incoming: string;
  t_s: number;
  outgoing_s: number | null;
  incoming_s: number | null;
}

export interface Shift extends SignedShift {
  note: string;
  digest: string;
  items: OpenItem[];
}

export interface LogLine {
  id: string;
  t_s: number;
  desk: string;
  by: string;
  what: string;
  phrase: string;
  text: string;
  alert: string;
  unit: string;
}

export interface Desk {
  type: 'desk';
  me: { user: string; role: Role; desk: string; may: string[] };
  desks: { id: string; from_km: number; to_km: number; holder: string | null }[];
  people: { name: string; role: Role; desk: string }[];
  phrases: { id: string; what: string; text: string }[];
  shifts: Shift[];
  last_shifts: Record<string, SignedShift>;
  log: LogLine[];
  shelved: { id: string; scope: 'sensor' | 'kind' | 'stretch'; value: string; until_s: number; reason: string; by: string }[];
  explained: { track_id: number; rule: string; by: string; state: 'explained' | 'promoted'; s_m: number; d_m: number; t_s: number }[];
  score: { shown: number; answered: number; answer_s: number | null };
  run: { run: string; scenario: string; by: string; t_s: number; alerts: number } | null;
}

export interface Group {
  name: string;
  alerts: number;
  known: number;
  true: number;
  p: number | null;
  p_least: number;
  p_most: number;
  answered: number;
  answer_s: number | null;
  answer_95_s: number | null;
}

export interface Figures {
  hours: number;
  alerts: number;
  per_10_min: number;
  bins: number[];
  flooded: number;
  by_level: Group[];
  by_desk: Group[];
  by_sensor: Group[];
  by_kind: Group[];
  causes: [string, number][];
  escalated: number;
}

/** low, high: of `trials`, between how many would come true if the forecasts were right. */
export interface DeskFigures {
  figures: Figures;
  reliability: {
    count: number;
    brier: number | null;
    z: number | null;
    bins: { trials: number; forecast: number; happened: number; low: number; high: number }[];
  };
}

export type ServerMessage =
  | Hello
  | Picture
  | Desk
  | { type: 'alert'; alert: Alert }
  | { type: 'gone'; alert: string }
  | { type: 'alerts'; alerts: Alert[] };

export interface TrackHistory {
  points: [t_s: number, lon: number, lat: number, s_m: number, d_m: number][];
}
