"""The watch spine: from what sensors say to alerts, one line per stage, no arithmetic.

feed ─────────────► scans, detections ┐
cameras ► vision ► ground ► scans, … ─┴► health ► tracking ► alarms ► records
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from watchline.alerting.cueing import Turn
from watchline.coverage.in_view import Sight, sight
from watchline.domain.batches import DetectionBatch, ScanBatch, TrackBatch
from watchline.domain.records import Record, SensorHealth
from watchline.domain.site import Site, own_units
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.ops import alarms, health, locate, privacy, scan_numbers
from watchline.ops.cameras import Look
from watchline.ops.resume import Before
from watchline.policy import masks as policy_masks
from watchline.policy.masks import Masks
from watchline.sensing import placing
from watchline.sensing import reference_contrast as contrast
from watchline.sensing.camera import Camera
from watchline.tracking import tracker

F8 = NDArray[np.float64]
# Pictures that come but say nothing: the camera counts as dark when nothing else comes for long.
NOT_SEEING = ("frozen", "blind", "moving", "disturbed")


@dataclass(frozen=True)
class Setup:
    """What does not change during a run.  cameras: those with pictures, by sensor index; belt: who sees
    which part of the line; others: sensors that another core of the line hears, and alerts about; own: units of ours
    on the ground, by whose reports towers are aligned.
    """

    line: LineFrame
    terrain: Terrain
    cameras: dict[int, Camera]
    belt: Sight
    others: frozenset[int] = frozenset()
    own: frozenset[str] = frozenset()


@dataclass(frozen=True)
class State:
    """Every engine's state, the looks not yet handed to tracking, and each camera's contrast as measured."""

    setup: Setup
    health: health.State
    tracking: tracker.State
    alarms: alarms.State
    next_scan: int
    looks: tuple[Look, ...] = ()
    contrast: Mapping[int, contrast.State] = field(default_factory=dict)
    masks: Masks = field(default_factory=Masks)


@dataclass(frozen=True)
class Heard:
    """What came in during one step.  full_look: this step closes a look of the cameras with pictures.

    done: what people did and responding told since the last step, which is kept already; elsewhere: latest looks of
    sensors that other cores of the line hear.
    """

    records: tuple[Record, ...]
    scans: ScanBatch
    detections: DetectionBatch
    looks: tuple[Look, ...]
    full_look: bool
    done: tuple[Record, ...] = ()
    elsewhere: ScanBatch = ScanBatch.empty()  # noqa: RUF009 - a frozen, empty value


@dataclass(frozen=True)
class Seen:
    """What the spine made of it.  records: everything that was said, in the order in which it is kept.

    turns: how heads are to be turned from now on.
    """

    records: tuple[Record, ...]
    scans: ScanBatch
    detections: DetectionBatch
    tracks: TrackBatch
    turns: tuple[Turn, ...] = ()


def init(
    site: Site,
    line: LineFrame,
    terrain: Terrain,
    going: NDArray[np.float32] | None,
    pictures: frozenset[int],
    now_s: float,
    before: Before,
    *,
    reckoned: bool = False,
    filmed: frozenset[int] = frozenset(),
    others: frozenset[int] = frozenset(),
    masks: Masks | None = None,
) -> State:
    """Return the spine of a site; pictures: indexes of the cameras whose pictures are watched here.

    going (rows, cols): factor of speed on foot on the terrain's cells, None for firm ground everywhere; before: what
    the ledger holds already, so that no number is given twice; reckoned: an account is kept beside it; filmed:
    cameras on other machines whose films can be asked for; others: sensors of other cores; masks:
    ground of which nothing is kept.
    """
    placed = tracker.set_up(site, line, terrain, going)
    cameras = {
        k: Camera(site.sensors[k], placed.place[k], float(placed.convergence_rad[k])) for k in sorted(pictures)
    }
    stand = placing.placed(site, line, terrain)
    belt = sight(line, terrain, site.sensors, stand.eye_m, stand.convergence_rad)
    ground = alarms.Ground(belt, stand, terrain, reckoned)
    return State(
        Setup(line, terrain, cameras, belt, others, _own_on_the_ground(site)),
        health.init(site.sensors, now_s, before.dark, before.health),
        replace(tracker.init(placed), next_id=before.last_track + 1),
        alarms.going_on(alarms.init(site, line, placed.place[:, :2], pictures | filmed, ground), before),
        scan_numbers.first("pictures"),
        masks=masks or Masks(),
    )


def step(state: State, heard: Heard, now_s: float) -> tuple[State, Seen]:
    """Return the spine after this step, and what it says."""
    state = replace(state, contrast=_measured(state.contrast, heard.looks))
    looks = (*state.looks, *heard.looks)
    scans, detections, state = _with_pictures(state, heard, looks)
    scan_numbers.refuse_doubles(scans)
    state = replace(state, masks=functools.reduce(policy_masks.heard, heard.records, state.masks))
    detections = allowed(state, detections, now_s)
    voices, causes = _voices(ScanBatch.join([scans, heard.elsewhere]), looks), _causes(looks)
    sensors_health, changes = health.step(state.health, *voices, now_s, causes, _conditions(looks))
    own = state.alarms.units.of(state.setup.own)
    tracking, tracks = tracker.step(state.tracking, scans, detections, now_s, own)
    tracks = tracks.take(~state.masks.hides(tracks.xy_m, now_s))
    records = (*heard.records, *_explained(changes, heard))
    ours = (*heard.records, *_explained(_of_ours(state, changes), heard), *heard.done)
    alerting, told = alarms.step(
        state.alarms, alarms.Heard(now_s, ours, detections, tracks, sensors_health.dark, scans)
    )  # fmt: skip
    state = replace(state, health=sensors_health, tracking=tracking, alarms=alerting)
    return state, Seen((*records, *told), scans, detections, tracks, alerting.turns)


def _own_on_the_ground(site: Site) -> frozenset[str]:
    """Return the units of ours that go on the ground; a partner's clock and grid may differ from ours."""
    return frozenset(u.id for u in own_units(site) if u.kind != "drone")


def _of_ours(state: State, changes: list[SensorHealth]) -> list[SensorHealth]:
    """Return the changes of sensors that this core alerts about; those of others are alerted about at theirs."""
    theirs = {state.health.ids[k] for k in state.setup.others}
    return [change for change in changes if change.sensor not in theirs]


def allowed(state: State, detections: DetectionBatch, now_s: float) -> DetectionBatch:
    """Return the detections without those under a privacy mask: they are kept nowhere and track nobody."""
    if not state.masks.areas or not len(detections):
        return detections
    placed = state.tracking.setup
    return detections.take(
        ~state.masks.hides(privacy.places_m(detections, placed.place, placed.convergence_rad), now_s)
    )


def _with_pictures(state: State, heard: Heard, looks: tuple[Look, ...]) -> tuple[ScanBatch, DetectionBatch, State]:
    if not heard.full_look or not looks:
        return heard.scans, heard.detections, replace(state, looks=looks)
    newest = locate.with_quality(locate.newest_looks(list(looks)), state.setup.cameras, state.contrast)
    numbers = scan_numbers.next_numbers("pictures", state.next_scan, len(newest))
    scans = locate.scans_of(newest, state.setup.cameras, numbers.start)
    detections = locate.detections_of(newest, state.setup.cameras, state.setup.terrain, numbers.start)
    state = replace(state, looks=(), next_scan=numbers.stop)
    return ScanBatch.join([heard.scans, scans]), DetectionBatch.join([heard.detections, detections]), state


def _measured(before: Mapping[int, contrast.State], looks: tuple[Look, ...]) -> dict[int, contrast.State]:
    after = dict(before)
    for look in looks:
        if look.measured:
            after[look.sensor] = contrast.step(after.get(look.sensor, contrast.State()), look.measured, look.t_s)
    return after


def _voices(scans: ScanBatch, looks: tuple[Look, ...]) -> tuple[NDArray[np.int32], F8]:
    """Return who was heard and when: a camera that finds nothing is heard, one whose pictures show nothing is not."""
    seeing = [look for look in looks if look.health.state not in NOT_SEEING]
    sensor = np.array([look.sensor for look in seeing], np.int32)
    t_s = np.array([look.t_s for look in seeing], float)
    return np.concatenate([scans.sensor, sensor]), np.concatenate([scans.t_s, t_s])


def voices_of(
    looks: tuple[Look, ...],
) -> tuple[tuple[NDArray[np.int32], F8], dict[int, str], dict[int, health.Condition]]:
    """Return who was heard and when, why some do not see, and what is wrong with the others."""
    return _voices(ScanBatch.empty(), looks), _causes(looks), _conditions(looks)


def _causes(looks: tuple[Look, ...]) -> dict[int, str]:
    """Return why cameras that send pictures do not see."""
    return {k.sensor: k.health.reason or k.health.state for k in looks if k.health.state in NOT_SEEING}


def _conditions(looks: tuple[Look, ...]) -> dict[int, health.Condition]:
    """Return what is wrong with each camera that sent pictures: with the stream, and with the newest picture."""
    out: dict[int, health.Condition] = {}
    before: dict[int, str] = {}
    for look in looks:
        # One disturbed picture is a shutter or a gust; two in a row are lost coverage.
        stays = look.health.state == before.get(look.sensor, look.health.state) == "disturbed"
        own = (f"disturbed: {look.health.reason}",) if stays else ()
        before[look.sensor] = look.health.state
        out[look.sensor] = health.Condition((*look.health.faults, *own), look.health.quality)
    return out


def _explained(changes: list[SensorHealth], heard: Heard) -> list[SensorHealth]:
    """Return the changes of health; a sensor that told its own state is not told again by its silence."""
    own = {r.sensor for r in heard.records if isinstance(r, SensorHealth)}
    return [change for change in changes if change.sensor not in own]
