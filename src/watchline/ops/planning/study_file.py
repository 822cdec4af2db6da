"""A study: what a planner may choose from and within which limits, as a TOML file beside the site's."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec

from watchline.domain.errors import BadInput
from watchline.domain.site import Part, Sensor
from watchline.planning.aim import WORST, Aim
from watchline.sources.toml_file import read_as

Hour = Literal["night", "day", "crossover", "dust", "winter_night", "winter_day", "winter_crossover"]


class Mast(Part, frozen=True):
    """A kind of mast, or a stretch of fence.

    sensors: what it carries, bearings counted from straight across the line outwards, from_km and to_km of a fence
    from the place along the line; mast_m and ranges are theirs.  cost: in the budget's unit.  helps: it brings water
    or people who can help.  manned: a checkpoint, people watch from it with their own eyes.
    """

    name: str
    cost: float = 1.0
    sensors: tuple[Sensor, ...] = ()
    helps: bool = False
    manned: bool = False


class RoadPlaces(Part, frozen=True):
    """Where mobile posts may stand.

    places: along the line, within road_m of a road, from_m to to_m behind the line; within_h: hours of driving from
    where a post stands now, at speed_m_s on firm level ground.
    """

    places: int = 200
    from_m: float = 60.0
    to_m: float = 5000.0
    road_m: float = 100.0
    within_h: float = 2.0
    speed_m_s: float = 6.0


class MoveStudy(RoadPlaces, frozen=True):
    """Which mobile posts of the site may stand elsewhere, for the whole of a plan.

    most: how many may move, 0 for none; cost, cost_per_h of driving: of a post that moves, in the budget's unit.
    """

    most: int = 0
    cost: float = 0.0
    cost_per_h: float = 0.0


class PlaceValue(Part, frozen=True):
    """A place, and what passing there unmet and met is worth to who passes: `missed` above `met`."""

    name: str
    lon_deg: float
    lat_deg: float
    missed: float = 1.0
    met: float = 0.0


class CheckpointStudy(RoadPlaces, frozen=True):
    """How mobile checkpoints change their places.

    days of the schedule; shift_h they stand in one place; p_stop: chance that a manned place meets who passes (a
    prior: trials say what it is); values: places with values of their own, instead of those beside roads.
    """

    days: int = 30
    shift_h: float = 8.0
    p_stop: float = 0.8
    values: tuple[PlaceValue, ...] = ()


RADAR_MAST = Mast(
    name="radar mast",
    sensors=(
        Sensor(
            id="radar",
            kind="radar",
            organisation="",
            mast_m=30.0,
            max_range_m=12_000.0,
            scan_period_s=2.5,
            sd_bearing_deg=0.57,
            sd_range_m=5.0,
            min_speed_m_s=0.3,
        ),
    ),
)


class TowerStudy(Part, frozen=True):
    """Which towers may be chosen.

    choose: how many at most; budget: what they may cost together, None for no limit but `choose`; candidates: places
    along the line, offsets from_m to to_m behind it; slope_max: gradient a mast can stand on; road_cost_per_km,
    power_cost_per_km: of the way to the nearest road and to the nearest post, which has power; radio_ghz, radio_km:
    of the microwave path every mast needs to a post, 0 km for none; help_limit_h: hours from help beyond which nobody
    may be pushed; hours: the worst of these counts, or, with weights (one for each, how often it is), their weighted
    sum; moves: of mobile posts; gap, mean_gap: proved shares at which the search ends; crosser: class it is planned
    against; people: whether what patrols and manned posts see counts, or sensors alone; reach_sure: the reach counted
    on is the one that this share of such sensors have at least: 0.5 as believed, 0.9 for a plan that does not rest on
    the edges of ranges; sight_sure: a place counts as in sight where it is so with at least this chance, for the
    elevation's error, and as hidden elsewhere; 0 weighs the chance itself.
    """

    choose: int = 10
    budget: float | None = None
    candidates: int = 400
    from_m: float = 60.0
    to_m: float = 2500.0
    slope_max: float = 0.35
    masts: tuple[Mast, ...] = (RADAR_MAST,)
    road_cost_per_km: float = 0.0
    power_cost_per_km: float = 0.0
    radio_ghz: float = 7.5
    radio_km: float = 25.0
    help_limit_h: float = 3.0
    hours: tuple[Hour, ...] = ("night",)
    weights: tuple[float, ...] = ()
    moves: MoveStudy = MoveStudy()
    crosser: Literal["walker", "crawler", "rider", "vehicle"] = "walker"
    people: bool = True
    reach_sure: float = 0.5
    sight_sure: float = 0.0
    gap: float = 0.01
    mean_gap: float = 0.02

    @property
    def aim(self) -> Aim:
        """Return how the hours count."""
        return Aim(tuple(one / sum(self.weights) for one in self.weights)) if self.weights else WORST


class PatrolStudy(Part, frozen=True):
    """How patrols work.

    days of the schedule; shift_h of a crew, which relieves the one before where the patrol is; crews of each unit;
    rest_h a crew has between two shifts at least; post_km: places of a beat are at most so far apart; crossing_min:
    how long a crosser, or their fresh tracks, are there to be met; p_notice: chance of noticing them when the patrol
    comes by (a prior: walk tests say what it is).  looks_a_day: at places that are due, within place_km of a post; 0:
    none.  helps: patrols carry water and take people to help, so that nobody on their stretches is beyond it.
    """

    days: int = 30
    shift_h: float = 8.0
    crews: int = 3
    rest_h: float = 11.0
    post_km: float = 1.0
    crossing_min: float = 15.0
    p_notice: float = 0.8
    looks_a_day: int = 2
    place_km: float = 3.0
    helps: bool = False


class RepairKind(Part, frozen=True):
    """How long one crew works on a kind of sensor, the way there included, and what it costs."""

    kind: str
    hours: float = 4.0
    cost: float = 1.0


class RepairStudy(Part, frozen=True):
    """What repairs take; a kind that is not named takes the defaults."""

    kinds: tuple[RepairKind, ...] = ()

    def of(self, kind: str) -> RepairKind:
        """Return what a kind takes."""
        return next((one for one in self.kinds if one.kind == kind), RepairKind(kind=kind))


class DroneStudy(Part, frozen=True):
    """How drones work at night.

    days of the schedule; hours of a night; crossing_min: how long a crosser is there to be seen, which is a slot;
    ready_min on the ground between sorties; reserve: share of the endurance kept for wind and the way home; p_pass:
    chance that one pass sees a crosser (a prior: walk tests say what it is); passes_least: of a crosser's time there,
    below which a stretch is too long.
    """

    days: int = 30
    hours: float = 10.0
    crossing_min: float = 15.0
    ready_min: float = 20.0
    reserve: float = 0.2
    p_pass: float = 0.7
    passes_least: float = 0.25


class DwellStudy(Part, frozen=True):
    """Which hours the shares of panning heads are for: the worst of these counts."""

    hours: tuple[Hour, ...] = ("night",)


class Study(Part, frozen=True):
    """Everything that may be written into a study file; what is left out has its default."""

    towers: TowerStudy = TowerStudy()
    patrols: PatrolStudy = PatrolStudy()
    repairs: RepairStudy = RepairStudy()
    drones: DroneStudy = DroneStudy()
    dwell: DwellStudy = DwellStudy()
    checkpoints: CheckpointStudy = CheckpointStudy()


def read_study(path: Path | None) -> Study:
    """Return the study of a TOML file, the default without one; BadInput names file, field and rule."""
    if path is None:
        return Study()
    study = read_as(path, Study, "docs/plan.md")
    _check(path, study)
    return study


def _check(path: Path, study: Study) -> None:
    towers, patrols, drones = study.towers, study.patrols, study.drones
    rules: tuple[tuple[str, bool, str], ...] = (
        ("towers.choose", 0 <= towers.choose <= towers.candidates and towers.choose + towers.moves.most >= 1,
         "must be 1 to the number of candidates, or 0 where posts may move"),
        ("towers.candidates", 1 <= towers.candidates <= 5000, "must be 1 to 5000"),
        ("towers.budget", towers.budget is None or towers.budget > 0.0, "must be > 0"),
        ("towers.from_m", towers.from_m < towers.to_m, "must be below to_m"),
        ("towers.masts",
         len(towers.masts) > 0 and all((m.sensors or m.manned) and m.cost > 0.0 for m in towers.masts),
         "every mast needs a cost > 0, and a sensor or people"),
        ("towers.hours", len(towers.hours) > 0, "must name one hour at least"),
        ("towers.weights", len(towers.weights) in (0, len(towers.hours)) and all(w > 0.0 for w in towers.weights),
         "must be one > 0 for each of hours, or left out"),
        ("towers.moves.most", 0 <= towers.moves.most <= 100, "must be 0 to 100"),
        ("towers.moves.cost", towers.moves.cost >= 0.0 and towers.moves.cost_per_h >= 0.0,
         "and cost_per_h must be >= 0"),
        ("towers.gap", 0.0 <= towers.gap < 1.0 and 0.0 <= towers.mean_gap <= 1.0, "must be shares"),
        ("towers.sight_sure", 0.0 <= towers.sight_sure < 1.0, "must be 0 or more and below 1"),
        ("towers.reach_sure", 0.5 <= towers.reach_sure < 1.0, "must be 0.5 or more and below 1"),
        ("towers.help_limit_h", towers.help_limit_h > 0.0, "must be > 0"),
        ("patrols.days", 1 <= patrols.days <= 366, "must be 1 to 366"),
        ("patrols.shift_h", 0.0 < patrols.shift_h <= 24.0 and patrols.rest_h >= 0.0, "must be > 0 and up to 24"),
        ("patrols.rest_h", (patrols.crews - 1) * patrols.shift_h >= patrols.rest_h,
         f"{patrols.crews} crews in turn rest {(patrols.crews - 1) * patrols.shift_h:g} h only"),
        ("patrols.post_km", 0.1 <= patrols.post_km <= 50.0, "must be 0.1 to 50"),
        ("patrols.crossing_min", patrols.crossing_min > 0.0, "must be > 0"),
        ("patrols.p_notice", 0.0 < patrols.p_notice <= 1.0, "must be over 0 and up to 1"),
        ("patrols.looks_a_day", 0 <= patrols.looks_a_day <= 20, "must be 0 to 20"),
        ("patrols.place_km", 0.0 <= patrols.place_km <= 20.0, "must be 0 to 20"),
        ("drones.days", 1 <= drones.days <= 366, "must be 1 to 366"),
        ("drones.hours", 0.0 < drones.hours <= 24.0, "must be over 0 and up to 24"),
        ("drones.crossing_min", 1.0 <= drones.crossing_min <= 60.0 * drones.hours, "must be 1 to a night's"),
        ("drones.ready_min", 0.0 <= drones.ready_min <= 1440.0, "must be 0 to a day"),
        ("drones.reserve", 0.0 <= drones.reserve < 1.0, "must be a share below 1"),
        ("drones.p_pass", 0.0 < drones.p_pass <= 1.0, "must be over 0 and up to 1"),
        ("drones.passes_least", drones.passes_least > 0.0, "must be > 0"),
        ("repairs.kinds", all(one.hours > 0.0 and one.cost > 0.0 for one in study.repairs.kinds),
         "hours and cost must be > 0"),
    )  # fmt: skip
    points = study.checkpoints
    rules += (
        *_road_places("towers.moves", towers.moves),
        *_road_places("checkpoints", points),
        ("dwell.hours", len(study.dwell.hours) > 0, "must name one hour at least"),
        ("checkpoints.days", 1 <= points.days <= 366, "must be 1 to 366"),
        ("checkpoints.shift_h", 1.0 <= points.shift_h <= 24.0, "must be 1 to 24"),
        ("checkpoints.p_stop", 0.0 < points.p_stop <= 1.0, "must be over 0 and up to 1"),
        ("checkpoints.values", all(one.missed > one.met for one in points.values), "missed must be above met"),
        ("checkpoints.values", len({one.name for one in points.values}) == len(points.values), "names must differ"),
    )
    for field, kept, rule in rules:
        if not kept:
            raise BadInput(f"{path}: {field}", rule, "correct it")


def _road_places(name: str, study: RoadPlaces) -> tuple[tuple[str, bool, str], ...]:
    return (
        (f"{name}.places", 1 <= study.places <= 5000, "must be 1 to 5000"),
        (f"{name}.from_m", study.from_m < study.to_m, "must be below to_m"),
        (f"{name}.within_h", study.within_h > 0.0 and study.speed_m_s > 0.0, "and speed_m_s must be > 0"),
    )


def study_key(digest: str, part: Part) -> str:
    """Return the name under which a study of a site keeps its work: another site or study has another."""
    return hashlib.sha256(digest.encode() + msgspec.json.encode(part)).hexdigest()[:16]
