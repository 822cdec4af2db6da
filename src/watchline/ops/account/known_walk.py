"""A walk that was planted, held against the ledger: what it was exposed to, and whether anybody was told in time.

Nobody at the desk knows of a planted walk, so its way comes from a file afterwards; what counted in each minute, the
alerts and who answered them are in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import ScanBatch, TrackBatch
from watchline.domain.errors import BadInput
from watchline.domain.records import Alert, OperatorAction, Record
from watchline.domain.trials import PassageTrial
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.ledger.reader import LedgerReader
from watchline.ops.account.line import MINUTE_S, Account
from watchline.ops.account.seeing import Eyesight, Seeing
from watchline.ops.account.walks import Walk
from watchline.ops.ledger_site import SensorNumbers
from watchline.ops.picture import Picture
from watchline.ops.plan import HOME_EDGE_M
from watchline.ops.site_file import LoadedSite
from watchline.sensing.detection import CROSSERS

F8 = NDArray[np.float64]

ABOUT = ("approaching", "crossing", "crossed", "loitering", "distress", "fence_touched")
AT_M = 250.0  # an alert this near to somebody is about them
WIRE_AT_M = 150.0  # ... or along the wire, where they touch it


def is_about(alert: Alert, line: LineFrame, xy_m: F8, sd_m: F8) -> NDArray[np.bool_]:
    """Return (N,) whether an open alert is about those who are at xy_m (N, 2), sd_m (N, 2) when it is told."""
    if alert.what not in ABOUT or alert.state != "open":
        return np.zeros(len(xy_m), bool)
    if alert.what == "fence_touched":
        return np.asarray((np.abs(sd_m[:, 0] - alert.position.s_m) < WIRE_AT_M) & (np.abs(sd_m[:, 1]) < WIRE_AT_M))
    at = line.frame.xy_m_of(alert.position)
    return np.asarray(np.hypot(*(xy_m - at).T) < AT_M)


@dataclass(frozen=True)
class Told:
    """What the ledger holds for a walk's time: minutes and what counted in them, alerts, who acknowledged when."""

    began_s: F8
    seeing: tuple[Seeing, ...]
    alerts: tuple[Alert, ...]
    answered_s: dict[str, float]


def known_walk(
    loaded: LoadedSite, terrain: Terrain, directory: Path, walk: Walk, *, name: str, crosser: str
) -> PassageTrial:
    """Return the trial that a walk was; BadInput when it never crosses the line or the ledger knows nothing of it.

    crosser: a name of `sensing.detection.CROSSERS`.  The walk ends where it reaches the far edge of the belt.
    """
    number = [one.name for one in CROSSERS].index(crosser)
    sd = loaded.line.sd_from_xy_m(walk.xy_m)
    over = np.flatnonzero((sd[:-1, 1] < 0.0) & (sd[1:, 1] >= 0.0))
    if not len(over):
        raise BadInput(name, "never crosses the line from outside", "a trial is a way from outside to home")
    through = np.flatnonzero(sd[:, 1] >= HOME_EDGE_M)
    end = int(through[0]) + 1 if len(through) else len(sd)
    walk, sd = Walk(walk.t_s[:end], walk.xy_m[:end]), sd[:end]
    told = _told(loaded, directory, float(walk.t_s[0]), float(walk.t_s[-1]))
    if not len(told.began_s):
        raise BadInput(name, "lies outside the time of the ledger", f"{directory} must hold the walk's hours")
    account = Account(loaded, terrain, CROSSERS[number : number + 1])
    exposed = account.exposed(walk, 0, told.began_s, told.seeing)
    pace = account.pace(walk, 0)
    first = next((a for a in told.alerts if _there(a, loaded.line, walk, sd)), None)
    answered = None if first is None else told.answered_s.get(first.alert)
    return PassageTrial(
        id=f"PT-{name}", t_s=float(walk.t_s[-1]), source="trial", walk=name, how="planted", crosser=crosser,
        from_s=float(walk.t_s[0]), to_s=float(walk.t_s[-1]), s_m=round(float(sd[over[0], 0]), 1),
        looks=round(exposed.looks, 4), alone=round(exposed.alone, 4), alert=None if first is None else first.alert,
        waited_s=None if first is None or answered is None else round(answered - first.t_s, 1),
        pace=None if pace is None else round(pace, 3),
    )  # fmt: skip


def _there(alert: Alert, line: LineFrame, walk: Walk, sd_m: F8) -> bool:
    def at(column: F8) -> float:
        return float(np.interp(alert.t_s, walk.t_s, column))

    xy = np.array([[at(walk.xy_m[:, 0]), at(walk.xy_m[:, 1])]])
    return bool(is_about(alert, line, xy, np.array([[at(sd_m[:, 0]), at(sd_m[:, 1])]]))[0])


def _told(loaded: LoadedSite, directory: Path, from_s: float, to_s: float) -> Told:
    picture, eyesight = Picture(len(loaded.site.sensors)), Eyesight(loaded)
    began, seeing, alerts = list[float](), list[Seeing](), list[Alert]()
    answered: dict[str, float] = {}
    next_s = from_s - MINUTE_S
    with LedgerReader(directory) as reader:
        numbers = SensorNumbers(reader, tuple(sensor.id for sensor in loaded.site.sensors))
        for entry in reader.since(0):
            known_s = entry.known_s
            if known_s > to_s + 3600.0:
                break
            while next_s <= min(known_s, to_s) and picture.run is not None:
                picture.now_s = next_s
                began.append(next_s)
                seeing.append(eyesight.now(picture))
                next_s += MINUTE_S
            value = entry.value
            if isinstance(value, ScanBatch):
                looks = numbers.of(value, entry.seq)
                picture.apply_columns(looks)
                eyesight.hear(looks)
            elif isinstance(value, TrackBatch):
                pass
            elif isinstance(value, Record):
                picture.apply(value)
                if isinstance(value, Alert) and from_s <= value.t_s <= to_s and not value.exercise:
                    alerts.append(value)
                elif isinstance(value, OperatorAction) and value.action in ("acknowledge", "dispose"):
                    answered.setdefault(value.alert, value.t_s)
    return Told(np.array(began), tuple(seeing), tuple(alerts), answered)
