"""What a line is made of: the site file, as one value.

A site is one TOML file with GeoJSON and GeoTIFF files beside it.  Every field here is a field of that file,
with the same name; degrees, kilometres and milliseconds-free SI as people write them.  Reading it, finding its
faults and writing it back are in `ops/site_file.py` and `ops/site_check.py`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from watchline.domain.desk import Role
from watchline.domain.policy import Told


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of the site file: unknown fields are faults, fields left at their default are not written."""


class LineSpec(Part, frozen=True):
    """The watched line.

    file: GeoJSON with one LineString; home_side: as seen towards growing chainage.  outside_depth_m, home_depth_m:
    how deep to watch on either side; beyond_ends_m: how far past both ends, round which people walk.
    """

    file: str
    home_side: Literal["left", "right"]
    outside_depth_m: float = 8000.0
    home_depth_m: float = 8000.0
    beyond_ends_m: float = 8000.0


class TerrainSpec(Part, frozen=True):
    """Elevation.  file: any GeoTIFF, a folder of one-degree tiles, or a web address of Copernicus tiles.

    surface: whether heights include trees and roofs; vertical_datum: what the site's heights are above (EGM2008,
    EGM96, EGM84, ellipsoid): elevation that names another is converted where PROJ has the grid.
    """

    file: str
    surface: Literal["surface", "bare_earth"] = "surface"
    vertical_datum: str = "EGM2008"


class LandCoverSpec(Part, frozen=True):
    """Land cover.  file: a GeoTIFF of ESA WorldCover classes, or a folder of its tiles."""

    file: str


class ClockSpec(Part, frozen=True):
    """IANA time zones.  timezone: of the desk; partner_timezone: of the partner beyond the line."""

    timezone: str = "UTC"
    partner_timezone: str | None = None


class Phrase(Part, frozen=True):
    """Something often said, written into the shift log with two keys.

    id: by which the log knows it; what: kind of the entry; text: in the site's own words.
    """

    id: str
    what: Literal["radio", "order", "phone", "visit", "fault", "note"]
    text: str


class DeskSpec(Part, frozen=True):
    """What a desk can bear, how long it may take, and who sits there where no `people` are named.

    alarms_per_10_min: how many alarms a desk is shown at most; operators: names of those who sit there.
    escalate_after_s: for levels 1 to 4, how long nobody may answer before the shift commander is told, and as long
    again before every desk is; distress_after_s: the same for distress.  seeded_per_12_h: test alerts shown to each
    desk in twelve hours, 0 none.  evidence_days: how long clips, maps and trails of alerts are kept; tracks_days: how
    long tracks and detections are.  phrases: what is often said, at most nine.
    """

    alarms_per_10_min: float = 1.0
    operators: tuple[str, ...] = ("operator",)
    escalate_after_s: tuple[float, float, float, float] = (900.0, 300.0, 120.0, 60.0)
    distress_after_s: float = 30.0
    seeded_per_12_h: float = 0.0
    evidence_days: float = 30.0
    tracks_days: float = 90.0
    phrases: tuple[Phrase, ...] = ()


class Desk(Part, frozen=True):
    """A desk.  id: its name; from_km, to_km: the stretch of the line whose alerts come to it."""

    id: str
    from_km: float
    to_km: float


class Person(Part, frozen=True):
    """Somebody who sits at a screen.

    name: by which they sign; role: what they may do; desk: at which one, "" at any.
    recipient: id of the one of `recipients` whose view of the line they have, "" for all of it; may_release: a named
    officer, who may let others see more than the policy gives; sign_on: what the provider of `[access.sign_on]` calls
    them, "" their name.
    """

    name: str
    role: Role
    desk: str = ""
    recipient: str = ""
    may_release: bool = False
    sign_on: str = ""


RecipientKind = Literal["own", "rescue", "partner", "armed", "unknown"]
"""own: a force of ours; rescue: help for people in distress; partner: the other side; armed: whatever can do harm by
itself; unknown: anybody else.  The last three are never told live where people are, unless an officer releases it."""


class Sees(Part, frozen=True):
    """What a recipient is told of a stretch.

    from_km, to_km: the stretch.  what: of tracks, alerts, units, distress; empty: what its kind is told. cell_m,
    delay_s: how coarse and how late; never finer or sooner than its kind allows.  imagery: films and maps of alerts,
    which nobody but our own is shown.
    """

    from_km: float = 0.0
    to_km: float = 1e6
    what: tuple[Told, ...] = ()
    cell_m: float = 0.0
    delay_s: float = 0.0
    imagery: bool = True


class Recipient(Part, frozen=True):
    """Somebody outside this core who is told things: by a link, or at a screen.

    id: its name; kind: what it is, which sets what it may be told at most; organisation: whose it is; sees: what it
    is told of which stretch.  Without `sees` it is told what its kind is told, of the sectors that its organisation
    answers for.
    """

    id: str
    kind: RecipientKind
    organisation: str = ""
    sees: tuple[Sees, ...] = ()


class Organisation(Part, frozen=True):
    """A force, agency or partner.

    id: its name in this file; name: as screens show it; command: id of the organisation that commands it; partner: it
    is not ours, and is beyond the line or beside it.
    """

    id: str
    name: str
    command: str | None = None
    partner: bool = False


class Sector(Part, frozen=True):
    """A stretch of the line.  id: its name; from_km, to_km: where it is; organisation: who answers for it."""

    id: str
    from_km: float
    to_km: float
    organisation: str


class Post(Part, frozen=True):
    """A manned or unmanned place of our own.

    id: its name; kind: what it is; lon_deg, lat_deg: where it stands; organisation: whose it is.
    observers: how many look, where people man it; hours: (from, to) of the site's clock in which they do, the time
    between is a relief; team_m_s: how fast those go who are sent from it.
    """

    id: str
    kind: Literal["watchtower", "checkpoint_fixed", "checkpoint_mobile", "blocking_position"]
    lon_deg: float
    lat_deg: float
    organisation: str
    observers: int = 2
    hours: tuple[tuple[float, float], ...] = ((0.0, 24.0),)
    team_m_s: float = 2.5


LOOKS_PER_STOP = 12  # of a round, on average: shares are kept to a hundredth and better


class Pan(Part, frozen=True):
    """A panning head.

    from_deg, to_deg: first and last of its directions, from true north; stops: how many, evenly spaced; dwell_s: how
    long it stands at each for a look; shares: of its time at each stop, 1 together (`watchline plan dwell`); without
    them it goes to and fro, at its two end stops half as often as at the others.
    """

    from_deg: float
    to_deg: float
    stops: int
    dwell_s: float
    shares: tuple[float, ...] = ()

    @property
    def time_shares(self) -> tuple[float, ...]:
        """Return the share of its time at each stop."""
        round_ = self.tour
        return self.shares or tuple(round_.count(stop) / len(round_) for stop in range(self.stops))

    @property
    def tour(self) -> tuple[int, ...]:
        """Return the stops of one round, look by look: each as often as its share says, spread over the round."""
        if not self.shares:
            there = tuple(range(self.stops))
            return there + there[-2:0:-1]
        owed, out = [0.0] * self.stops, []
        for _ in range(LOOKS_PER_STOP * self.stops):
            owed = [due + share for due, share in zip(owed, self.shares, strict=True)]
            stop = max(range(self.stops), key=owed.__getitem__)
            owed[stop] -= 1.0
            out.append(stop)
        return tuple(out)


class Sensor(Part, frozen=True):
    """A sensor and its stated performance.

    Cameras and radars stand at a post on a mast; fence sensors watch from_km..to_km.

    id: its name; kind: what it is; organisation: whose it is; post: at which it stands; lon_deg, lat_deg: where it
    stands, without a post.  mast_m: height above the ground; max_range_m: beyond which it says nothing.
    scan_period_s: one look of a fixed camera or one turn of a radar.  azimuth_deg: from true north; hfov_deg:
    horizontal field of view, 360 all round; tilt_deg: up from horizontal, negative looks down; roll_deg: clockwise
    seen from behind.  width_px, height_px, rate_hz: of its pictures; netd_k: noise equivalent temperature difference.
    pan: a panning head.  sd_bearing_deg, sd_range_m: 1-sigma errors of a radar's or camera's bearing and range;
    min_speed_m_s: below which a radar does not see movement.  from_km, to_km: stretch of a fence sensor; sd_s_m: its
    1-sigma error along the line.  input: a recorded file or RTSP URL instead of simulated pictures; detector: your
    own network (ONNX) as a second opinion; pictures: rendered in frames fidelity.  power, link: names of shared
    supplies, so that common failures are known as such.  node: "LINK/ID", by which one of `links` speaks for this
    sensor instead of the simulator.
    """

    id: str
    kind: Literal["thermal_camera", "radar", "fence_sensor", "ground_sensor", "drone_camera"]
    organisation: str
    post: str | None = None
    lon_deg: float | None = None
    lat_deg: float | None = None
    mast_m: float = 0.0
    max_range_m: float = 3000.0
    scan_period_s: float = 1.0
    azimuth_deg: float = 0.0
    hfov_deg: float = 360.0
    tilt_deg: float = 0.0
    roll_deg: float = 0.0
    width_px: int = 640
    height_px: int = 512
    rate_hz: float = 3.0
    netd_k: float = 0.05
    pan: Pan | None = None
    sd_bearing_deg: float = 0.05
    sd_range_m: float = 10.0
    min_speed_m_s: float = 0.0
    from_km: float | None = None
    to_km: float | None = None
    sd_s_m: float = 15.0
    input: str | None = None
    detector: str | None = None
    pictures: bool = False
    power: str | None = None
    link: str | None = None
    node: str | None = None

    @property
    def sector_deg(self) -> tuple[float, float]:
        """Return the true bearings between which it ever looks: for a panning head its whole sweep."""
        first, last = (
            (self.azimuth_deg, self.azimuth_deg) if self.pan is None else (self.pan.from_deg, self.pan.to_deg)
        )
        return first - self.hfov_deg / 2, last + self.hfov_deg / 2


class Reference(Part, frozen=True):
    """Something a camera always sees, by which its contrast is measured live (`sensing.reference_contrast`).

    sensor: id of the camera; range_m: how far from it.  box_px: x, y, w, h in its picture; contrast_counts: warmer
    (or, negative, colder) than its surroundings by so many counts on the clear night of commissioning; kind: warm
    (heated), or post.
    """

    sensor: str
    box_px: tuple[float, float, float, float]
    range_m: float
    contrast_counts: float
    kind: Literal["warm", "post"] = "post"


class Synthetic(Part, frozen=True):
    """Crossers who do not exist, painted into a copy of a fixed camera's live pictures as trials of it.

    sensor: id of the camera; per_12_h: so many in twelve hours on average; person_counts: by how much a person near
    by is warmer than the ground in its pictures, in counts, on a clear night; from_m, to_m: range at which they
    begin.
    """

    sensor: str
    per_12_h: float
    person_counts: float
    from_m: float
    to_m: float


class Barrier(Part, frozen=True):
    """Wire or trench.

    id: its name; kind: what it is; from_km, to_km: where it stands; delay_walker_s, delay_vehicle_s: how long they
    need to cross it; condition: 0 (gone) .. 1 (as built).
    """

    id: str
    kind: Literal["wire", "trench"]
    from_km: float
    to_km: float
    delay_walker_s: float
    delay_vehicle_s: float
    condition: float = 1.0


class Tasking(Part, frozen=True):
    """Who may order whose units about.  by: a name of `people`; units: of these organisations and those they command.

    into: sectors of these organisations may be entered as well, without asking anybody else; delegated: who may do
    the same in their stead.
    """

    by: str
    organisations: tuple[str, ...]
    into: tuple[str, ...] = ()
    delegated: tuple[str, ...] = ()


class Unit(Part, frozen=True):
    """People or drones that can go and look.

    id: its name; kind: what it is; organisation: whose it is; post: where it is stationed; lon_deg, lat_deg: where,
    without a post.  speed_m_s: on firm level ground; patrol_from_km, patrol_to_km: the stretch they patrol, if they
    do; patrol_offset_m: how far from the line, towards home.
    means: how people go; endurance_s: how long a drone flies; link_range_m: how far from its post it is led; dog:
    they have one that searches by air scent.
    """

    id: str
    kind: Literal["patrol", "drone", "reserve", "medical"]
    organisation: str
    post: str | None = None
    lon_deg: float | None = None
    lat_deg: float | None = None
    speed_m_s: float = 8.0
    patrol_from_km: float | None = None
    patrol_to_km: float | None = None
    patrol_offset_m: float = 300.0
    means: Literal["foot", "horse", "wheels"] = "wheels"
    endurance_s: float = 1800.0
    link_range_m: float = 15_000.0
    dog: bool = False


class Place(Part, frozen=True):
    """A place people use.

    id: its name in this file; kind: what it is; name: as people call it; lon_deg, lat_deg: where it is.
    """

    id: str
    kind: Literal["well", "cave", "ruin", "tunnel", "ford", "camp", "village", "crossing"]
    name: str
    lon_deg: float
    lat_deg: float


class Road(Part, frozen=True):
    """Roads and tracks.  file: GeoJSON of LineStrings; surface for travel times."""

    file: str
    surface: Literal["paved", "gravel", "track"] = "track"


class Area(Part, frozen=True):
    """A polygon with a meaning.  id: its name; kind: what it means; file: GeoJSON Polygon.

    Hazards (mines, flood) are never routed through; a privacy mask is never stored or tracked in.
    """

    id: str
    kind: Literal["mines", "flood", "privacy", "no_look"]
    file: str


class MapLayer(Part, frozen=True):
    """Imagery or a map of one's own under everything that the map shows; it only looks, nothing is computed from it.

    id: its name in the file; name: as it is called on the screen, in any language; file: PMTiles, MBTiles or
    GeoPackage; kind: raster (imagery, scanned maps) or vector; table: which one of a GeoPackage that holds several;
    attribution: whose it is, shown on the map; shown: from the start, else when it is asked for.
    """

    id: str
    name: str
    file: str
    kind: Literal["raster", "vector"]
    table: str = ""
    attribution: str = ""
    shown: bool = True


class ActionCard(Part, frozen=True):
    """What an operator should do on one kind of alert, in the site's own words.

    alert: the kind; check: what to look at; call: whom to tell; do_not: what to leave.
    language: en, ar or ckb for whom it is written; "" for everybody who has no card of their own.
    """

    alert: str
    check: str
    call: str
    do_not: str
    language: Literal["", "en", "ar", "ckb"] = ""


class LinkTls(Part, frozen=True):
    """Mutual TLS: PEM files of our certificate and key, and of the authority that signs the peers'."""

    certificate: str
    key: str
    authority: str


class LinkSpec(Part, frozen=True):
    """A link to another system.  id: its name; protocol: a name of the table of links; address: host:port.

    direction: who calls; role: as the protocol names it, where it knows several; tls: files of mutual TLS.
    node: our own id towards it; allow: peers' ids that are believed, none means any.
    organisations: whom it reaches; what lies in the sectors they answer for (and those they command) goes out, of the
    kinds in `sends`, as coarse as `recipient` (one of `recipients`) must have it, and nothing else.  options: what
    the protocol alone understands.  enabled: false leaves it out.
    """

    id: str
    protocol: str
    address: str
    direction: Literal["dial", "listen"] = "dial"
    role: str = ""
    node: str = ""
    allow: tuple[str, ...] = ()
    tls: LinkTls | None = None
    organisations: tuple[str, ...] = ()
    recipient: str = ""
    sends: tuple[Literal["tracks", "alerts", "units"], ...] = ()
    options: dict[str, str | int | float | bool] = {}
    enabled: bool = True


class SignOn(Part, frozen=True):
    """An OpenID Connect provider whose accounts people may sign in with, beside passwords of our own.

    issuer: its address; client: our name there; secret: file of our password there, "" where it gave none; claim: by
    which claim of the ID token people are named; authority: PEM file that vouches for it, "" for what this machine
    trusts.
    """

    issuer: str
    client: str
    secret: str = ""
    claim: str = "preferred_username"
    authority: str = ""


class Access(Part, frozen=True):
    """How screens reach the core from other machines; without it only this machine's own browser does.

    listen: host:port; names: by which browsers call it, beside the loopback's; certificate, key: PEM files, made by
    `watchline https` or your own; accounts: the file of `watchline account`.  A session ends after session_hours, and
    after idle_minutes without a request.  sign_on: accounts of the organisation's own.
    """

    listen: str
    names: tuple[str, ...]
    certificate: str
    key: str
    accounts: str = "accounts.json"
    session_hours: float = 12.0
    idle_minutes: float = 60.0
    sign_on: SignOn | None = None


class Transport(Part, frozen=True):
    """How sensor nodes on other machines reach the core; without it everything runs in one process.

    servers: host:port of each core machine's message server, one, or three for a cluster that survives the loss of
    any; cluster: host:port by which those three reach each other.  start: `watchline serve` starts the server of its
    machine; where it is false they are the site's own, and `monitor`, the web address of each one's monitoring, lets
    their settings be checked.  store: folder of the messages; store_mb, outbox_mb: bounds of it and of each node's
    outbox.  tls: files of mutual TLS; a node's certificate bears its name.
    """

    servers: tuple[str, ...]
    cluster: tuple[str, ...] = ()
    start: bool = True
    monitor: tuple[str, ...] = ()
    store: str = "transport"
    store_mb: int = 10_000
    outbox_mb: int = 2_000
    tls: LinkTls | None = None


class Simulation(Part, frozen=True):
    """What the built-in simulator does with this site; absent on a real one.

    start: when simulated time begins, RFC 3339 with zone; seed: of all chance; activity: how many movers there are,
    times the usual; dark_sensors: how many fall silent soon after the start.
    """

    start: str
    seed: int = 1
    activity: float = 1.0
    dark_sensors: int = 2


class Site(Part, frozen=True):
    """A whole site.  Lists keep the order of the file; a sensor's index in `sensors` is its number in batches.

    schema: of this file; name: what the line is called.
    """

    schema: Literal[1]
    name: str
    line: LineSpec
    terrain: TerrainSpec
    land_cover: LandCoverSpec | None = None
    clock: ClockSpec = ClockSpec()
    desk: DeskSpec = DeskSpec()
    desks: tuple[Desk, ...] = ()
    people: tuple[Person, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    sectors: tuple[Sector, ...] = ()
    tasking: tuple[Tasking, ...] = ()
    posts: tuple[Post, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    references: tuple[Reference, ...] = ()
    synthetic: tuple[Synthetic, ...] = ()
    barriers: tuple[Barrier, ...] = ()
    units: tuple[Unit, ...] = ()
    places: tuple[Place, ...] = ()
    roads: tuple[Road, ...] = ()
    areas: tuple[Area, ...] = ()
    map_layers: tuple[MapLayer, ...] = ()
    action_cards: tuple[ActionCard, ...] = ()
    links: tuple[LinkSpec, ...] = ()
    access: Access | None = None
    transport: Transport | None = None
    simulation: Simulation | None = None


def partners(site: Site) -> frozenset[str]:
    """Return the organisations on the other side with whom we work; what is theirs is none of ours to send."""
    return frozenset(one.id for one in site.organisations if one.partner)


def own_units(site: Site) -> tuple[Unit, ...]:
    """Return the units that are ours, of whatever organisation, in their order."""
    theirs = partners(site)
    return tuple(unit for unit in site.units if unit.organisation not in theirs)


def below(site: Site, organisations: tuple[str, ...]) -> frozenset[str]:
    """Return these organisations and all they command."""
    found = set(organisations)
    for _ in site.organisations:
        found |= {o.id for o in site.organisations if o.command in found}
    return frozenset(found)
