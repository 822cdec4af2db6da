"""The tracker: scans and detections in, tracks out.

Rules: a track number is never used twice; the same scans give the same tracks in whatever order they come, as long as
none is later than `history.KEEP_S`; nothing given is changed.
Limits: `docs/tracking.md` says where it fails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_FENCE, DetectionBatch, ScanBatch, TrackBatch
from watchline.domain.site import Sensor, Site
from watchline.domain.undetected import Births, Undetected
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sensing.detection import ANIMAL, KIND, VEHICLE, WALKER, performance_table, tabulate
from watchline.sensing.placing import placed
from watchline.tracking import history as past
from watchline.tracking.engine import SCALE
from watchline.tracking.history import History, Known
from watchline.tracking.reading import read
from watchline.tracking.sensors.own_units import NOBODY, OwnUnits, taught
from watchline.tracking.sensors.world import EYE, World, in_order
from watchline.tracking.telling import said_of, worth_telling
from watchline.tracking.track.motion import LIFETIME_S
from watchline.tracking.undetected.births import fed
from watchline.tracking.undetected.field import Ground, ground_of, tell

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Rows = NDArray[np.void]

FALSE_PER_LOOK = np.array([0.05, 0.1, 0.0, 0.0])  # by kind of sensor, before anything is learned
UNDETECTED_PER_VIEW = (
    2.0  # subjects nobody has seen yet in what a long-sighted sensor overlooks, until an account exists
)
BIAS_SD = np.array([[0.8e-3, 3e-6], [1.5e-3, 0.0], [0.0, 0.0], [0.0, 0.0]])  # of TURN (rad) and LIFT (1/m), by kind


@dataclass(frozen=True)
class Setup:
    """What does not change: where sensors stand, how well they see, and what the ground hides.

    place (S, 3) grid position of each sensor's eye and its height; convergence_rad (S,) to add to a true bearing.
    """

    line: LineFrame
    world: World
    ground: Ground
    per_cell: F8
    convergence_rad: F8

    @property
    def place(self) -> F8:
        """Return (S, 3) where the sensors are."""
        return np.asarray(self.world.eyes["place"])


@dataclass(frozen=True)
class State:
    """history: what is known now and was a moment ago; numbers: of the tracks told of, by key, and when last told;
    births: what the undetected field is fed with, None for an even few everywhere.
    """

    setup: Setup
    history: History
    next_id: int
    numbers: dict[int, tuple[int, float]]
    births: Births | None = None

    @property
    def known(self) -> Known:
        """Return what is known now."""
        return self.history.states[-1]


def set_up(site: Site, line: LineFrame, terrain: Terrain, going: NDArray[np.float32] | None = None) -> Setup:
    """Return where every sensor of a site stands, on the site grid; going: as `set_up_places` takes it."""
    where = placed(site, line, terrain)
    grid = np.array([terrain.x0_m, terrain.y0_m, terrain.cell_m])
    n = len(site.sensors)
    return set_up_places(
        line,
        site.sensors,
        where.eye_m,
        np.arange(n),
        where.convergence_rad,
        terrain.height_m,
        grid,
        np.zeros((0, 3)),
        going,
    )


def set_up_places(
    line: LineFrame,
    sensors: tuple[Sensor, ...],
    eye_m: F8,
    unit: I8,
    convergence_rad: F8,
    height_m: NDArray[np.float32],
    grid: F8,
    masked_xyr_m: F8,
    going: NDArray[np.float32] | None = None,
) -> Setup:
    """Return the setup of sensors at given places.

    eye_m (S, 3); unit (S,) which sensor it really is, for one that moves; height_m with grid (3,) x0, y0, cell: the
    terrain, (1, 1) for none; masked_xyr_m (K, 3) discs known to be hidden; going: factor of
    speed on foot on the terrain's cells, as `geo.mobility.speed_factor` gives it, None for firm ground everywhere.
    """
    crossers = (WALKER, VEHICLE, ANIMAL)
    table = np.stack([performance_table(sensors, crosser) for crosser in crossers])
    kind = table[0, :, KIND].astype(np.int64)
    names = sorted({s.kind for s in sensors})
    unit_kind = np.zeros(int(unit.max()) + 1 if len(unit) else 0, np.int64)
    unit_kind[unit] = [names.index(s.kind) for s in sensors]
    bias_sd = np.zeros((len(unit_kind), 2))
    bias_sd[unit] = BIAS_SD[kind]
    eyes = np.zeros(len(sensors), EYE)
    eyes["place"], eyes["unit"], eyes["kind"] = eye_m, unit, kind
    eyes["performance"], eyes["false_look"] = np.swapaxes(table, 0, 1), FALSE_PER_LOOK[kind]
    _tabulate(eyes)
    going = np.ones((1, 1), np.float32) if going is None else going
    world = World(
        eyes,
        unit_kind,
        bias_sd,
        height_m,
        going,
        grid,
        in_order(masked_xyr_m),
        np.argsort(eye_m[:, 0], kind="stable"),
    )
    field, per_m2, shape = _field(sensors, eye_m, kind)
    ground = ground_of(world, field, np.full(shape, per_m2 / LIFETIME_S))
    return Setup(line, world, ground, np.full(shape[0] * shape[1], per_m2 * field[2] ** 2), convergence_rad)


@numba.njit(cache=True)
def _tabulate(eyes: Rows) -> None:
    """Fill every eye's table of P_d by range, in place."""
    for eye in eyes:
        for c in range(eye.performance.shape[0]):
            tabulate(eye.performance[c], eye.p_range[c])


def _field(sensors: tuple[Sensor, ...], eye_m: F8, kind: I8) -> tuple[F8, float, tuple[int, int]]:
    """Return grid, density at first and shape of the undetected field: all that any sensor overlooks."""
    reach = np.array([s.max_range_m for s in sensors])
    seeing = np.flatnonzero(kind < KIND_FENCE)
    if len(seeing) == 0:
        return np.array([0.0, 0.0, 250.0]), 0.0, (1, 1)
    farthest = float(reach[seeing].max())
    cell = min(max(farthest / 24.0, 25.0), 250.0)
    low = (eye_m[seeing, :2] - reach[seeing, None]).min(axis=0)
    high = (eye_m[seeing, :2] + reach[seeing, None]).max(axis=0)
    shape = np.ceil((high - low) / cell).astype(int) + 1
    per_m2 = UNDETECTED_PER_VIEW / (math.pi * float(np.median(reach[seeing])) ** 2)
    return np.array([low[0], low[1], cell]), per_m2, (int(shape[1]), int(shape[0]))


def init(setup: Setup) -> State:
    """Return a tracker that knows of nobody."""
    return State(setup, past.begin(setup.world, setup.per_cell), 1, {})


def step(
    state: State, scans: ScanBatch, detections: DetectionBatch, now_s: float, own: OwnUnits = NOBODY
) -> tuple[State, TrackBatch]:
    """Return the tracker after these looks, and its tracks at `now_s`; own: where units of ours say they are.

    Each detection belongs to the scan with its `scan_id`; one without a finite bearing or error is passed over.
    """
    setup, before = state.setup, state.history
    new = read(setup.line, setup.convergence_rad, scans, detections)
    if len(own.t_s) and len(new.det):
        before = replace(before, states=taught(setup.world, before.states, new, own))
    state = replace(state, history=past.heard(setup.world, setup.ground, before, new))
    tracks = worth_telling(state.known.tracks, now_s)
    state = _numbered(state, tracks, now_s)
    return state, _told(state, tracks, now_s)


def with_births(state: State, births: Births) -> State:
    """Return the tracker with as many undetected subjects coming in from now on as `births` says.

    Counts of who has passed begin anew.  Scans that come late are used with the new births.  Raises ValueError when
    the belt is not on the field's grid.
    """
    setup = replace(state.setup, ground=fed(state.setup.ground, state.setup.line, births))
    states = tuple(replace(known, passed=np.zeros(len(births.per_h))) for known in state.history.states)
    return replace(state, setup=setup, history=replace(state.history, states=states), births=births)


def undetected(state: State) -> Undetected:
    """Return the field of subjects that nobody has detected."""
    setup, known = state.setup, state.known
    grid, shape = setup.ground.grid, setup.ground.birth.shape
    area, amount, tally = float(grid[2]) ** 2, known.amount.copy(), known.tally.copy()
    tell(setup.ground, amount, known.unseen.copy(), tally, 1.0, amount)
    born, found, returned, left = (float(v) for v in tally[:4])
    scale = 1.0 if state.births else max(float(known.clock[SCALE]), 0.0)
    return Undetected(
        amount.reshape(shape) / area, float(grid[0]), float(grid[1]), float(grid[2]),
        setup.ground.birth / area * scale, float(setup.per_cell.sum()), born, found, returned, left,
        known.passed.copy(),
    )  # fmt: skip


def _numbered(state: State, told: Rows, now_s: float) -> State:
    """Give a number to every track that is told of for the first time; forget those of tracks long gone."""
    numbers, next_id = state.numbers.copy(), state.next_id
    for key in told["key"].tolist():
        if key in numbers:
            numbers[key] = (numbers[key][0], now_s)
        else:
            numbers[key] = (next_id, now_s)
            next_id += 1
    known = state.known
    if len(numbers) > 2 * (len(known.tracks) + len(known.lost)):
        there = {*known.tracks["key"].tolist(), *known.lost["key"].tolist()}
        numbers = {k: v for k, v in numbers.items() if k in there or now_s - v[1] < 2 * past.KEEP_S}
    return replace(state, numbers=numbers, next_id=next_id)


def _told(state: State, tracks: Rows, now_s: float) -> TrackBatch:
    n, setup = len(tracks), state.setup
    if n == 0:
        return TrackBatch.empty()
    mean, cov, p_exist, p_class, count = said_of(tracks, state.known.units, setup.world.eyes, now_s)
    sd = setup.line.sd_from_xy_m(mean[:, :2])
    return TrackBatch(
        track_id=np.array([state.numbers[key][0] for key in tracks["key"].tolist()], np.int32),
        t_s=np.full(n, now_s),
        xy_m=mean[:, :2].copy(),
        v_m_s=mean[:, 2:].copy(),
        cov=cov,
        s_m=sd[:, 0].copy(),
        d_m=sd[:, 1].copy(),
        p_exist=p_exist,
        p_class=p_class,
        count=count,
        first_s=tracks["first"].copy(),
        last_s=tracks["last"].copy(),
        hits=tracks["hits"].copy(),
        sensor=tracks["sensor"].copy(),
        other=tracks["other"].copy(),
        confirmed=tracks["shown"].copy(),
    )
