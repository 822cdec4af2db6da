"""Weights of `likelihood`, as written by `builders/fit_alert_likelihood.py`; one number per feature, in its order."""

from __future__ import annotations

TRACK: tuple[float, ...] = (
    -9.9646,  # one
    -0.2213,  # loitering
    0.8034,  # crossing
    1.7576,  # crossed
    0.0000,  # distress
    0.2154,  # exists
    1.5490,  # person
    0.6242,  # vehicle
    -1.4698,  # animal
    1.1912,  # hits
    -1.3559,  # minutes
    2.0383,  # second_sensor
    -0.4971,  # speed
    -0.8170,  # fast
    -1.0974,  # net_speed
    5.8656,  # straight
    3.6516,  # error
    2.8077,  # toward
    0.4372,  # distance
    2.7825,  # progress
    0.5660,  # party
    -1.5212,  # silent
    0.6221,  # unit_near
    -1.2581,  # radar
)
FENCE: tuple[float, ...] = (2.6954, 0.5554, -1.3062, 0.2887, 0.2469)
