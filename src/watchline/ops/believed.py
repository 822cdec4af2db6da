"""What is believed of a site's sensors after own units passed them: from records of trials to a posterior."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from watchline.domain.records import DetectionTrial
from watchline.domain.site import Sensor
from watchline.sensing.belief import Belief, prior
from watchline.sensing.detection import VEHICLE, WALKER, performance_table, signal_of
from watchline.sensing.posterior import Evidence, posterior


def believed(sensors: tuple[Sensor, ...], trials: Sequence[DetectionTrial]) -> Belief:
    """Return what is believed of sensors after these passages; those of sensors that are gone say nothing.

    A passage counts at its nearest range: it is a little harder on a sensor than it was.
    """
    start = prior(sensors)
    number = {sensor.id: k for k, sensor in enumerate(sensors)}
    told = [one for one in trials if one.sensor in number and not one.exercise]
    if not told:
        return start
    tables = {"person": performance_table(sensors, WALKER), "vehicle": performance_table(sensors, VEHICLE)}
    sensor = np.array([number[one.sensor] for one in told], np.int64)
    signals = [signal_of(tables[one.subject][number[one.sensor]], max(one.range_m, 1.0), np.nan) for one in told]
    ln_signal, depth = np.array(signals).T
    sure = np.isfinite(ln_signal) & np.isfinite(depth)
    ones = np.ones(len(told))
    evidence = Evidence(
        sensor, ln_signal, depth, ones, ones, np.array([float(one.looks) for one in told]),
        np.array([float(one.detected) for one in told]), np.arange(len(told)),
    )  # fmt: skip
    return posterior(start, evidence.take(sure)).belief
