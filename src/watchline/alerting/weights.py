"""Weights of `likelihood`, as written by `builders/fit_alert_likelihood.py`; one number per feature, in its order."""

from __future__ import annotations

TRACK: tuple[float, ...] = (
    -6.5112,  # one
    0.1918,  # loitering
    0.3731,  # crossing
    1.1294,  # crossed
    0.0000,  # distress
    -0.0800,  # exists
    0.7410,  # person
    0.2319,  # vehicle
    -0.2313,  # animal
    2.2775,  # hits
    -1.7785,  # minutes
    1.5738,  # second_sensor
    -0.3715,  # speed
    -0.5518,  # fast
    -1.2805,  # net_speed
    2.8363,  # straight
    2.8651,  # error
    3.5657,  # toward
    0.4910,  # distance
    2.9709,  # progress
    0.2552,  # party
    -0.9277,  # silent
    0.7236,  # unit_near
    -1.6516,  # radar
)
FENCE: tuple[float, ...] = (0.0,) * 5
