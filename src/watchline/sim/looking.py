"""Every sensor's looks of a step, and what they find, in one pass."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.sim.camera_model import Errors, Eyes, Found, Land, Looks, camera_look
from watchline.sim.fence_model import Touches, Wires, fence_look
from watchline.sim.movers import Bodies, Nodes
from watchline.sim.radar_model import radar_look
from watchline.sim.weather import Sky

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

MOST_FOUND = 4096


class Rhythm(NamedTuple):
    """When every sensor looks, (S,): first time, period, looks done; how many looks a round of its pan has, 1 for a
    fixed one; tour_rad (S, L): the grid bearing of each look of a round."""

    first_s: F8
    period_s: F8
    done: I8
    round: I4
    tour_rad: F8


class Tables(NamedTuple):
    """What never changes: outlines (postures, kinds, 2), class of each kind, radar range of each kind."""

    outlines: F8
    class_of: I4
    r50: F8


def room_for_found() -> Found:
    """Return space for the detections of one step."""
    n = MOST_FOUND
    return Found(
        look=np.zeros(n, np.int32),
        body=np.zeros(n, np.int32),
        t_s=np.zeros(n),
        bearing=np.zeros(n),
        range_m=np.zeros(n),
        sd_bearing=np.zeros(n),
        sd_range=np.zeros(n),
        range_rate=np.zeros(n),
        s_m=np.zeros(n),
        snr=np.zeros(n),
        p_class=np.zeros((n, 4)),
    )


@numba.njit(cache=True)
def due(rhythm: Rhythm, kind: I4, hfov: F8, middle: F8, heard: NDArray[np.bool_], to_s: float) -> Looks:
    """Return the looks that end until `to_s`, by time; sensors that are not heard look in vain."""
    n = 0
    for s in range(kind.shape[0]):
        if rhythm.period_s[s] > 0:
            n += max(0, int(np.floor((to_s - rhythm.first_s[s]) / rhythm.period_s[s])) + 1 - rhythm.done[s])
    number, sensor = np.empty(n, np.int64), np.empty(n, np.int32)
    t, bearing, width = np.empty(n), np.empty(n), np.empty(n)
    k = 0
    for s in range(kind.shape[0]):
        if rhythm.period_s[s] <= 0:
            continue
        while k < n and rhythm.first_s[s] + rhythm.done[s] * rhythm.period_s[s] <= to_s:
            c = rhythm.done[s]
            rhythm.done[s] += 1
            if not heard[s]:
                continue
            number[k], sensor[k] = c * 1024 + s, s
            t[k] = rhythm.first_s[s] + c * rhythm.period_s[s]
            bearing[k], width[k] = middle[s], hfov[s]
            if kind[s] == 2:
                width[k] = rhythm.period_s[s]
            elif rhythm.round[s] > 1:
                bearing[k] = rhythm.tour_rad[s, c % rhythm.round[s]]
            k += 1
    order = np.argsort(t[:k], kind="mergesort")
    return Looks(number[:k][order], sensor[:k][order], t[:k][order], bearing[:k][order], width[:k][order])


@numba.njit(cache=True)
def look_all(
    looks: Looks,
    eyes: Eyes,
    land: Land,
    nodes: Nodes,
    bodies: Bodies,
    live: I8,
    surface_c: F8,
    sky: Sky,
    tables: Tables,
    wires: Wires,
    touches: Touches,
    errors: Errors,
    key: int,
    found: Found,
) -> int:
    """Fill `found` with what all looks detect, in order of time; return how many there are."""
    n = 0
    for k in range(looks.t_s.shape[0]):
        kind = eyes.kind[looks.sensor[k]]
        if kind == 0:
            n = camera_look(
                n,
                k,
                looks,
                eyes,
                land,
                nodes,
                bodies,
                live,
                surface_c,
                tables.outlines,
                tables.class_of,
                sky,
                errors,
                key,
                found,
            )
        elif kind == 1:
            n = radar_look(
                n, k, looks, eyes, land, nodes, bodies, live, tables.outlines, tables.r50, sky.wind_m_s, key, found
            )
        else:
            n = fence_look(n, k, looks, eyes, wires, touches, sky.wind_m_s, key, found)
    return n
