"""The site as it was last found: wire and trench by their inspections, sensors by what is known of their health.

Plan and live view read the site through here: a cut wire delays nobody, and a tower without power sees nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.site import Sensor
from watchline.ledger.store import LEDGER_DB
from watchline.ops.field_reports import inspected
from watchline.ops.picture import Picture
from watchline.ops.resume import read_before
from watchline.ops.site_file import LoadedSite
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]


def read_as_found(loaded: LoadedSite, now: Situation, ledger: Path) -> tuple[LoadedSite, Situation]:
    """Return a site and a situation as a ledger knows them; BadInput when there is none."""
    if not (ledger / LEDGER_DB).exists():
        raise BadInput(f"--ledger {ledger}", "is no ledger", "give the folder that watchline run names")
    picture = read_before(ledger, loaded.site, loaded.line).picture
    return site_as_found(loaded, picture), situation_as_found(now, loaded.site.sensors, picture)


def site_as_found(loaded: LoadedSite, picture: Picture) -> LoadedSite:
    """Return a site with its barriers as they were last found."""
    found = inspected(loaded.site, picture.outside.inspections)
    return loaded if found == loaded.site else replace(loaded, site=found)


def dark_of(sensors: tuple[Sensor, ...], picture: Picture) -> frozenset[int]:
    """Return the sensors that are dark by what was last told of them: by silence, by themselves, by an inspection."""
    said = picture.health
    return frozenset(k for k, s in enumerate(sensors) if s.id in said and said[s.id].state == "dark")


def quality_of(sensors: tuple[Sensor, ...], picture: Picture) -> F8:
    """Return (N,) how well each sensor sees, 0..1 of its nominal contrast, NaN where nothing was told."""
    told = [picture.health.get(sensor.id) for sensor in sensors]
    return np.array([np.nan if one is None or one.quality is None else one.quality for one in told])


def situation_as_found(now: Situation, sensors: tuple[Sensor, ...], picture: Picture) -> Situation:
    """Return a situation with the sensors as they were last found; a quality that it states itself stands."""
    told = quality_of(sensors, picture)
    quality = told if now.quality is None else np.where(np.isfinite(now.quality), now.quality, told)
    return replace(now, dark=now.dark | dark_of(sensors, picture), quality=quality)
