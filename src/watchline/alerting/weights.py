"""Weights of `likelihood`, as written by `builders/fit_alert_likelihood.py`; one number per feature, in its order."""

from __future__ import annotations

TRACK: tuple[float, ...] = (
    -9.8508,  # one
    -0.3992,  # loitering
    0.8060,  # crossing
    1.9071,  # crossed
    0.0000,  # distress
    0.3524,  # exists
    2.0580,  # person
    1.1077,  # vehicle
    -1.4858,  # animal
    0.9937,  # hits
    -1.2923,  # minutes
    2.1908,  # second_sensor
    -0.6781,  # speed
    -0.8718,  # fast
    -0.9889,  # net_speed
    5.5525,  # straight
    3.7514,  # error
    2.8231,  # toward
    0.3911,  # distance
    2.8081,  # progress
    0.6058,  # party
    -1.7257,  # silent
    0.7927,  # unit_near
    -1.6401,  # radar
)
FENCE: tuple[float, ...] = (2.6954, 0.5554, -1.3062, 0.2887, 0.2469)
