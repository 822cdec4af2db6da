"""The records of the spine: everything that is said, once, and kept.

Each record is frozen, carries an id, the time at which it happened (`t_s`, seconds since the Unix epoch, UTC),
who says so (`source`: a sensor, a unit, a person or a room) and what it was made from (`provenance`: ids).
When it was learned is added by the ledger.  `exercise` is set at birth and never changes.

Rules: no field may hold who a person is or a judgement about them; a test reads this file and keeps it so.
Angles are radians, positions are degrees only inside `Position`, which is what people and other systems read.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What all records have.

    id: never used twice; t_s: when it happened; source: a sensor, a unit, a person or a room that says so; schema: of
    the record's form; provenance: ids of what it was made from; exercise: it is of an exercise, not of the line.
    """

    id: str
    t_s: float
    source: str
    schema: int = 1
    provenance: tuple[str, ...] = ()
    exercise: bool = False


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A place on Earth and on the line: WGS 84 degrees, chainage and offset in metres."""

    lon_deg: float
    lat_deg: float
    s_m: float
    d_m: float


class RunStarted(Record, frozen=True, tag="run_started"):
    """A core began to write.  simulated: nothing in this ledger happened to anybody."""

    version: str
    site: str
    seed: int | None
    fidelity: str
    simulated: bool


class RunEnded(Record, frozen=True, tag="run_ended"):
    """A core stopped in good order; counts of what it did."""

    counts: dict[str, int]


class SiteVersion(Record, frozen=True, tag="site_version"):
    """The site as it is from now on, its site file and the shapes beside it stored apart; rasters are not kept.

    digest: over the site file and all shapes; payload_id: the site file; beside: (name, payload id) of each file of
    shapes, the line's first, as far as they are not too many bytes; () in ledgers of earlier versions.
    """

    digest: str
    name: str
    length_m: float
    payload_id: str
    beside: tuple[tuple[str, str], ...] = ()


class SensorHealth(Record, frozen=True, tag="sensor_health"):
    """A sensor's state changed.  dark: nothing is known from it; degraded: less than its nominal."""

    sensor: str
    state: Literal["up", "degraded", "dark"]
    cause: str
    quality: float | None = None


class Weather(Record, frozen=True, tag="weather"):
    """Weather over a stretch of the line."""

    from_km: float
    to_km: float
    visibility_m: float
    dust: float
    rain_mm_h: float
    wind_m_s: float
    air_c: float


class UnitReport(Record, frozen=True, tag="unit_report"):
    """Where one of our own units says it is.  heading_rad: where it goes, from true north, clockwise."""

    unit: str
    position: Position
    speed_m_s: float
    heading_rad: float
    state: Literal["patrolling", "standing", "en_route", "on_scene", "returning", "silent"]


class Beacon(Record, frozen=True, tag="beacon"):
    """Somebody asks for help."""

    beacon: str
    position: Position
    people: int | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One checkable reason: a text of the catalogues, its numbers, and where to look it up."""

    text_key: str
    args: dict[str, float | int | str]
    source: str
    t_s: float
    ref: str = ""


class Verifier(msgspec.Struct, frozen=True, kw_only=True):
    """What could have confirmed or denied an alert, and whether it was working.  An alert passes without it."""

    name: str
    up: bool


class Eta(msgspec.Struct, frozen=True, kw_only=True):
    """When a track reaches the line: 5, 50 and 95 % points, absolute seconds."""

    t5_s: float
    t50_s: float
    t95_s: float


AlertKind = Literal[
    "approaching",
    "crossing",
    "crossed",
    "loitering",
    "fence_touched",
    "lost_contact",
    "distress",
    "sensor_dark",
    "line_weakened",
    "line_uncovered",
    "mass_event",
    "group_arrival",
    "units_meeting",
]
"""What an alert says.  lost_contact: whoever was coming or is pursued is not seen any more, or a unit of
ours is silent.  line_uncovered: stretches that nobody free is near.
group_arrival: many people come openly and need water, medics, reception.  units_meeting: two parties of ours or a
partner's, who do not expect each other, come near each other.  mass_event: many outages and alerts at once."""


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """The nearest place where somebody is out of sight.  place: id of a place of the site.

    distance_m straight; at_s: when they are there at their present speed, None while they stand.
    """

    place: str
    distance_m: float
    at_s: float | None


class Alert(Record, frozen=True, tag="alert"):
    """Something a person must look at.  A later record with the same `alert` id and a higher `revision` replaces it.

    level 1..4 (unlikely .. certain); p: probability that it is what it says, None where no model speaks of its kind.
    members: alerts that a mass event stands for, the gravest first.  found_late: learned from looks that came when it
    was over; nobody can be sent any more.
    """

    alert: str
    revision: int
    what: AlertKind
    first_s: float
    state: Literal["open", "closed"]
    position: Position
    level: int
    facts: tuple[Fact, ...]
    track_id: int | None = None
    sensors: tuple[str, ...] = ()
    count: int = 1
    subject: str = "unknown"
    distance_m: float | None = None
    p: float | None = None
    eta: Eta | None = None
    cover: Cover | None = None
    members: tuple[str, ...] = ()
    could_be: tuple[tuple[str, float], ...] = ()
    verifiers: tuple[Verifier, ...] = ()
    no_clip_reason_key: str | None = None
    found_late: bool = False


class Clip(Record, frozen=True, tag="clip"):
    """A short film kept as evidence of an alert.  boxes: (t_s, x, y, w, h) in its pixels."""

    clip: str
    alert: str
    sensor: str
    t0_s: float
    t1_s: float
    fps: float
    width_px: int
    height_px: int
    media_type: str
    payload_id: str
    boxes: tuple[tuple[float, float, float, float, float], ...] = ()


Disposition = Literal["true", "nuisance", "environment", "false", "own", "distress"]


Cause = Literal["shepherd", "animal", "vehicle", "works", "wind", "rain", "dust", "heat", "fault", "other"]


class OperatorAction(Record, frozen=True, tag="operator_action"):
    """What a person did with an alert.  key: makes a repeated request the same action.

    desk: where it was done; to_desk: who has the alert from now on; cause: of a nuisance or of the environment.
    """

    alert: str
    operator: str
    action: Literal["acknowledge", "dispose", "defer", "hand", "undo"]
    key: str
    disposition: Disposition | None = None
    until_s: float | None = None
    desk: str = ""
    to_desk: str = ""
    cause: Cause | None = None


class Rejection(Record, frozen=True, tag="rejection"):
    """Something that arrived and was refused: what, which rule, and where it is kept."""

    what: str
    rule: str
    sample: str = ""


class Drop(Record, frozen=True, tag="drop"):
    """A bounded queue was full: which one, and how many were left out."""

    queue: str
    dropped: int


class WorkerFault(Record, frozen=True, tag="worker_fault"):
    """A process beside the core failed or died; it goes on, or is started anew, and what it was asked is asked again.

    worker: what it makes; fault: in words.
    """

    worker: str
    fault: str


class PayloadDeleted(Record, frozen=True, tag="payload_deleted"):
    """Bytes stored apart were removed, by law or by rule; this event and their salted hash prove it."""

    payload_id: str
    reason: str


class ColumnsDeleted(Record, frozen=True, tag="columns_deleted"):
    """Rows of one kind of columns were removed; their headers, with digests, counts and times, stay in the chain.

    batches: stretches (first, last) of the chain in which every section of `columns` is gone; sections, rows: how
    many that were; from_s, to_s: the times they were of.
    """

    columns: str
    batches: tuple[tuple[int, int], ...]
    sections: int
    rows: int
    from_s: float
    to_s: float
    reason: str


class GeoPoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place as another system states it, before it is put on the line: WGS 84 degrees.

    hae_m above the ellipsoid, msl_m above mean sea level; None is unknown, never zero.  ce_m, le_m: 1-sigma errors
    along the ground and upwards.
    """

    lon_deg: float
    lat_deg: float
    hae_m: float | None = None
    msl_m: float | None = None
    ce_m: float | None = None
    le_m: float | None = None


class Direction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place as seen from a node: bearing clockwise from true north, elevation up from the horizontal, metres."""

    bearing_rad: float
    elevation_rad: float | None = None
    range_m: float | None = None
    sd_bearing_rad: float | None = None
    sd_elevation_rad: float | None = None
    sd_range_m: float | None = None


class NodeRegistered(Record, frozen=True, tag="node_registered"):
    """A sensor or system outside told what it is.

    taskable: it may be asked to look; False for whatever can do more than observe, which is shown and never asked.
    status_every_s: how often it promised to speak; classes: what it said it may report.
    """

    node: str
    name: str
    node_types: tuple[str, ...]
    taskable: bool
    status_every_s: float
    classes: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


class NodeStatus(Record, frozen=True, tag="node_status"):
    """How a sensor or system outside says it is.  battery: 0..1; looks: where its field of view points."""

    node: str
    state: Literal["ok", "warning", "error", "tamper", "goodbye"]
    mode: str = ""
    place: GeoPoint | None = None
    looks: Direction | None = None
    hfov_rad: float | None = None
    battery: float | None = None
    detail: str = ""


class NodeDetection(Record, frozen=True, tag="node_detection"):
    """What a sensor or system outside saw: at a place, or in a direction from itself; None where not told.

    object_id: its own number of the subject; made_from: (node, object_id) it was fused from.
    confidence: 0..1 that something is there; p_class: (class in the sender's words, 0..1).
    velocity_enu_m_s: east, north, up; track: the sender keeps the object's id from report to report.
    """

    node: str
    object_id: str
    place: GeoPoint | None = None
    direction: Direction | None = None
    velocity_enu_m_s: tuple[float, float, float] | None = None
    confidence: float | None = None
    p_class: tuple[tuple[str, float], ...] = ()
    made_from: tuple[tuple[str, str], ...] = ()
    track: bool = False
    lost: bool = False


class NodeAlert(Record, frozen=True, tag="node_alert"):
    """Something a system outside wants a person to look at, or one of ours as it is told to them.

    priority 1 (low) .. 3 (high); about: (node, object_id).
    """

    node: str
    alert_id: str
    text: str
    state: Literal["active", "acknowledged", "rejected", "ignored", "cleared"]
    priority: int | None = None
    place: GeoPoint | None = None
    direction: Direction | None = None
    about: tuple[tuple[str, str], ...] = ()


class NodeTask(Record, frozen=True, tag="node_task"):
    """A node is asked for something; only ever made from what a person approved.

    approved_by: the person for tasks of ours; the asking node for tasks others ask of us.
    """

    node: str
    task_id: str
    approved_by: str
    command: Literal["look_at", "request_status", "request_registration", "reset", "mode", "follow", "other"]
    control: Literal["start", "stop", "pause"] = "start"
    place: GeoPoint | None = None
    direction: Direction | None = None
    argument: str = ""


class NodeAnswer(Record, frozen=True, tag="node_answer"):
    """An acknowledgement: of a registration, a task, or an alert.  node: whom it concerns; ref: the id answered."""

    node: str
    to: Literal["registration", "task", "alert", "error", "replay"]
    ref: str
    state: Literal["accepted", "rejected", "completed", "failed"]
    reason: str = ""


class NodeReplay(Record, frozen=True, tag="node_replay"):
    """A node handed on what it had kept while it was away: numbers of its store, times of what was in them.

    refused: messages that broke a rule; repeated: those that had come before on another way.
    """

    node: str
    from_number: int
    to_number: int
    first_s: float
    last_s: float
    refused: int = 0
    repeated: int = 0


class OutsideTrack(Record, frozen=True, tag="outside_track"):
    """Something that another party tracks and tells us of, or a track of ours as they are told of it.

    what: person, vehicle, animal, aircraft or unknown; never who it is.  stale_s: until when it holds.
    course clockwise from true north; gone: it is to be taken off the screen.
    """

    uid: str
    what: Literal["person", "vehicle", "animal", "aircraft", "unknown"]
    place: GeoPoint
    stale_s: float
    name: str = ""
    speed_m_s: float | None = None
    course_rad: float | None = None
    remarks: str = ""
    gone: bool = False


class UnitPlace(Record, frozen=True, tag="unit_place"):
    """Where one of our own or a partner's units is, as its phone, radio or vehicle tells."""

    unit: str
    place: GeoPoint
    stale_s: float
    name: str = ""
    what: Literal["person", "vehicle", "aircraft", "unit"] = "unit"
    organisation: str = ""
    speed_m_s: float | None = None
    course_rad: float | None = None
    battery: float | None = None


class DistressCall(Record, frozen=True, tag="distress_call"):
    """Somebody asks for help through a link.  over: the call is taken back."""

    uid: str
    place: GeoPoint | None
    name: str = ""
    text: str = ""
    over: bool = False


class Chat(Record, frozen=True, tag="chat"):
    """Words between people.  to: a room or a person."""

    sender: str
    to: str
    text: str


class GroundReport(Record, frozen=True, tag="ground_report"):
    """What a fence, geophone or other small sensor sent.

    value, unit: how strong; count: its own number of the message, by which repeated ones are known.
    battery: 0..1; signal_db: how well it was received.
    """

    device: str
    what: Literal["touch", "cut", "climb", "step", "vehicle", "tamper", "quiet", "raw"]
    count: int | None = None
    value: float | None = None
    unit: str = ""
    battery: float | None = None
    signal_db: float | None = None
    place: GeoPoint | None = None
    s_m: float | None = None


class DroneState(Record, frozen=True, tag="drone_state"):
    """What a drone of ours says of itself.  Angles in radians, battery 0..1; None: it has not said."""

    drone: str
    place: GeoPoint | None = None
    above_home_m: float | None = None
    speed_m_s: float | None = None
    heading_rad: float | None = None
    roll_rad: float | None = None
    pitch_rad: float | None = None
    gimbal_azimuth_rad: float | None = None
    gimbal_elevation_rad: float | None = None
    battery: float | None = None
    mode: int | None = None
    armed: bool | None = None
    mission_item: int | None = None


class VideoGeometry(Record, frozen=True, tag="video_geometry"):
    """Where an airborne camera is and looks, for one picture of its video.

    heading, pitch, roll of the platform; azimuth, elevation, roll of the camera against the platform; radians.
    corners: of the picture on the ground, upper left first, clockwise.  None: not said.
    """

    platform: str
    sensor: str
    place: GeoPoint | None = None
    heading_rad: float | None = None
    pitch_rad: float | None = None
    roll_rad: float | None = None
    camera_azimuth_rad: float | None = None
    camera_elevation_rad: float | None = None
    camera_roll_rad: float | None = None
    hfov_rad: float | None = None
    vfov_rad: float | None = None
    slant_range_m: float | None = None
    frame_centre: GeoPoint | None = None
    corners: tuple[GeoPoint, ...] = ()
    pts_s: float | None = None


class GroundSeen(Record, frozen=True, tag="ground_seen"):
    """The ground that an airborne camera saw at a moment, by our own terrain; outline: its corners, in order."""

    platform: str
    outline: tuple[GeoPoint, ...]


class HeadState(Record, frozen=True, tag="head_state"):
    """Where a camera on a pan-tilt head points, by its own word.  zoom: 0 widest .. 1; None: it did not say."""

    camera: str
    looks: Direction | None = None
    zoom: float | None = None
    moving: bool | None = None
    fault: str = ""


class MissionItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item of a drone's mission: MAV_CMD, place, height in metres, MAV_FRAME, the command's four parameters.

    frame 6: height above home; 0: above mean sea level.
    """

    command: int
    lat_deg: float
    lon_deg: float
    height_m: float
    frame: int = 6
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


class MissionPlan(Record, frozen=True, tag="mission_plan"):
    """A mission or fence as somebody asks for it: nothing is sent before `MissionApproval` of its digest."""

    drone: str
    what: Literal["mission", "fence"]
    items: tuple[MissionItem, ...]
    digest: str


class MissionApproval(Record, frozen=True, tag="mission_approval"):
    """A person's yes to one step of a drone's mission.  upload never includes start: a start is approved on its own.

    digest: of the very items that were approved.
    """

    drone: str
    step: Literal["upload", "start"]
    what: Literal["mission", "fence"]
    digest: str
    operator: str


class MissionOutcome(Record, frozen=True, tag="mission_outcome"):
    """How a step ended: complete was read back item by item and is equal; refused says why.

    started: the drone acknowledged the start of what it holds.
    """

    drone: str
    what: Literal["mission", "fence"]
    outcome: Literal["complete", "refused", "started"]
    digest: str
    items: int
    reason: str = ""


class RadarPlot(Record, frozen=True, tag="radar_plot"):
    """What a radar measured in one turn: range along the ray and azimuth from true north.  None: not said.

    test: simulated or a test plot by the radar's own word.
    """

    radar: str
    range_m: float
    azimuth_rad: float
    track_number: int | None = None
    speed_m_s: float | None = None
    course_rad: float | None = None
    primary: bool | None = None
    callsign: str = ""
    test: bool = False


class RadarTrack(Record, frozen=True, tag="radar_track"):
    """A track of another radar system.  gone: its last report; test: simulated by the system's own word."""

    radar: str
    place: GeoPoint
    track_number: int | None = None
    speed_m_s: float | None = None
    course_rad: float | None = None
    callsign: str = ""
    gone: bool = False
    test: bool = False


class RadarService(Record, frozen=True, tag="radar_service"):
    """A radar says that it lives: its antenna passed north or a sector, with its period if it says so."""

    radar: str
    what: Literal["north", "sector", "filter", "jamming", "other"]
    azimuth_rad: float | None = None
    period_s: float | None = None
    faults: tuple[str, ...] = ()


class AircraftReport(Record, frozen=True, tag="aircraft_report"):
    """An aircraft, heard or told of by hand.  aircraft: its address or call sign."""

    aircraft: str
    callsign: str = ""
    place: GeoPoint | None = None
    speed_m_s: float | None = None
    course_rad: float | None = None
    climb_m_s: float | None = None
    on_ground: bool | None = None
    emergency: bool = False


class AirCover(Record, frozen=True, tag="air_cover"):
    """Air cover told of by hand: who, over which stretch, in which height band, on station from when until when."""

    aircraft: str
    organisation: str
    from_km: float
    to_km: float
    low_msl_m: float
    high_msl_m: float
    from_s: float
    until_s: float


class AirspaceBlock(Record, frozen=True, tag="airspace_block"):
    """Airspace that our drones keep out of: an area, a height band above mean sea level, from when until when."""

    name: str
    organisation: str
    area: tuple[GeoPoint, ...]
    low_msl_m: float
    high_msl_m: float
    from_s: float
    until_s: float


class WeatherObservation(Record, frozen=True, tag="weather_observation"):
    """Weather at one place as it was told.  None: not observed, which is not zero.

    dust 0..1 as in Weather; rain_mm_h from a rate or from the told intensity; visibility_at_least: at or above it.
    """

    station: str
    place: GeoPoint | None = None
    visibility_m: float | None = None
    visibility_at_least: bool = False
    dust: float | None = None
    rain_mm_h: float | None = None
    wind_m_s: float | None = None
    gust_m_s: float | None = None
    wind_from_rad: float | None = None
    air_c: float | None = None
    dew_point_c: float | None = None
    pressure_hpa: float | None = None
    text: str = ""


PartnerEventKind = Literal["advance", "displaced_people", "pursuit", "withdrawal", "other"]


class PartnerEvent(Record, frozen=True, tag="partner_event"):
    """What the partner beyond the line tells: an advance, displaced people coming, a pursuit toward the line.

    confidence 0..1 as told by the partner; until_s: it says nothing after that.
    """

    what: PartnerEventKind
    organisation: str
    place: GeoPoint
    confidence: float
    until_s: float
    heading_rad: float | None = None
    people: int | None = None
    vehicles: int | None = None
    text: str = ""


class Inspection(Record, frozen=True, tag="inspection"):
    """How a stretch of wire or trench, or a post, was found.  condition: 0 gone .. 1 as built.

    subject: id of a barrier or a post of the site; from_km, to_km: the stretch looked at, for barriers.
    number: of the report on its reporter's device, if it came from one.
    """

    subject: str
    condition: float
    what: Literal["intact", "cut", "trampled", "filled", "washed_out", "sand", "damaged", "no_power", "repaired"]
    from_km: float | None = None
    to_km: float | None = None
    number: int | None = None
    text: str = ""


FieldKind = Literal["passage", "footprints", "sign", "sighting", "found", "not_found", "distress"]


class FieldReport(Record, frozen=True, tag="field_report"):
    """What people at a checkpoint or on patrol saw or found.  Counts and directions only, never who.

    reporter: the unit or post; number: of the report on the reporter's own device, so that a repeat is known.
    subject: what the sign or sighting is of; heading_rad: where it went, clockwise from true north.
    """

    reporter: str
    number: int
    what: FieldKind
    place: GeoPoint | None = None
    subject: Literal["person", "people", "vehicle", "animal", "unknown"] = "unknown"
    count: int | None = None
    heading_rad: float | None = None
    age_h: float | None = None
    text: str = ""


class ReportReceipt(Record, frozen=True, tag="report_receipt"):
    """What a reporter is told of a report: accepted means that it is durable here."""

    reporter: str
    number: int
    accepted: bool


class MapShape(Record, frozen=True, tag="map_shape"):
    """A place, a way or an area from a map file of another program, or for one.

    times_s: one per point for a recorded track, or none.  properties: what else the file said, as text.
    """

    name: str
    shape: Literal["point", "line", "area"]
    points: tuple[GeoPoint, ...]
    times_s: tuple[float, ...] = ()
    properties: dict[str, str] = {}


SuppressionRule = Literal["budget", "flood", "chatter", "shelved", "threshold", "mass_event"]


class Suppression(Record, frozen=True, tag="suppression"):
    """Something was kept off the queue for now: by which rule, and until when at the latest.

    what: id of the alert.  by: the shelving, sensor or alert that the rule names.  over: it is on the queue again.
    An alert without a standing suppression is on the queue.
    """

    what: str
    rule: SuppressionRule
    until_s: float
    alert_kind: AlertKind
    by: str = ""
    over: bool = False


class Shelving(Record, frozen=True, tag="shelving"):
    """A person sets aside what a sensor, a kind of alert or a stretch of the line says, for a while, for a reason.

    scope and value: a sensor's id, an AlertKind, or "from:to" in kilometres.  lifted: taken back before until_s.
    """

    shelving: str
    scope: Literal["sensor", "kind", "stretch"]
    value: str
    until_s: float
    reason: str
    operator: str
    lifted: bool = False


class KnownMovement(Record, frozen=True, tag="known_movement"):
    """Movement that somebody registered: a patrol's plan, a shepherd's permit, works, a road with normal traffic.

    It holds within width_m of the route, or in the area and width_m round it; from from_hour to to_hour of the site's
    clock (0..24, may run over midnight) on every day from from_s until until_s.  classes: what it explains;
    most: how many subjects at once, None any number.  Never who they are.
    """

    movement: str
    what: Literal["patrol", "permit", "works", "road"]
    registered_by: str
    shape: Literal["route", "area"]
    points: tuple[GeoPoint, ...]
    width_m: float
    from_s: float
    until_s: float
    from_hour: float = 0.0
    to_hour: float = 24.0
    classes: tuple[Literal["person", "vehicle", "animal"], ...] = ("person", "vehicle", "animal")
    most: int | None = None
    withdrawn: bool = False


class LearnedMovement(Record, frozen=True, tag="learned_movement"):
    """What was learned of quiet movement by place and hour, as counts per cell; nothing else of it is kept.

    cells: (south-west corner of the cell: s_m, d_m; hour of the site's clock; class; count; until_s when it expires).
    A cell told again replaces what was told of it; count 0 takes it out.
    """

    cell_m: float
    cells: tuple[tuple[float, float, int, str, float, float], ...]


class ExplainedTrack(Record, frozen=True, tag="explained_track"):
    """A track raises no alert because it is explained: by which rule, and by what of it.

    by: the unit, the movement or the learned cell.  ended: the explanation holds no more; promoted: a person (source)
    wants to be told of this track from now on, whatever explains it.
    """

    track_id: int
    rule: Literal["own_unit", "partner_unit", "movement", "road", "learned"]
    by: str
    state: Literal["explained", "ended", "promoted"]
    position: Position


class DetectionTrial(Record, frozen=True, tag="detection_trial"):
    """A unit of ours passed through a sensor's view by its own report: was it seen?  Evidence for P_d, no intrusion.

    Or a synthetic crosser did in its pictures (`trials.SyntheticCrosser`, whose id is then `unit`).

    from_s..to_s of the passage; looks that covered the unit's place, and of those seen at its place (track_id: by
    which track); range_m at the nearest point; subject: what the unit looks like to a sensor.
    """

    sensor: str
    unit: str
    from_s: float
    to_s: float
    looks: int
    detected: int
    range_m: float
    position: Position
    subject: Literal["person", "vehicle"]
    track_id: int | None = None


class Cue(Record, frozen=True, tag="cue"):
    """A camera was turned to a place because of an alert, by absolute angles, and took a look.

    azimuth from true north, elevation up, radians; settled_s: when the head stands still by our model of it.
    asked, looked, or refused (reason).  found: detections at the place in that look; clip: what was kept of it.
    """

    cue: str
    camera: str
    alert: str
    place: GeoPoint
    azimuth_rad: float
    elevation_rad: float
    range_m: float
    settled_s: float
    state: Literal["asked", "looked", "refused"]
    found: int | None = None
    clip: str | None = None
    reason: str = ""


class LineStrength(Record, frozen=True, tag="line_strength"):
    """How strong a stretch of the line is now, 0..1, and what it was while everything worked.

    measure: "in_view", the share of it that working sensors have in view; "noticed", the chance that somebody who
    crosses on foot is noticed and the alert answered.  causes: sensors that are missing.  with_patrol: what it would
    be with a patrol standing there; patrol: the nearest that is heard.
    """

    from_km: float
    to_km: float
    strength: float
    usual: float
    causes: tuple[str, ...] = ()
    measure: Literal["in_view", "noticed"] = "in_view"
    with_patrol: float | None = None
    patrol: str | None = None
