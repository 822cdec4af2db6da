"""Everything that moves: one table of bodies, each on a timed path.

Theory: a body's whole path is laid down when it appears, as nodes (time, east, north, posture); between nodes it
goes straight.  Where it is at any time is then exact and needs no randomness, so that the size of a step
changes nothing.  Places in the table are used again; ids never are.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]

CAPACITY = 512
MOST_NODES = 256
WAVING = 3  # beside UPRIGHT, CRAWLING, LYING of sensing.signature


class Nodes(NamedTuple):
    """Timed paths: t, x, y (CAPACITY, MOST_NODES), posture likewise; size and cursor (CAPACITY,)."""

    t: F8
    x: F8
    y: F8
    posture: U1
    size: I4
    cursor: I4


class Bodies(NamedTuple):
    """What each body is and where it is now, (CAPACITY,).

    id: 0 where the place is free; party: who go together; kind: of `sensing.signature`; unit: index of an own unit
    or -1; above_m: height of its feet over ground; warmth_k: how much warmer it is than its kind;
    still_s: how long it has not moved; ease: how easily it is seen, as a factor of the rate of detections.
    """

    id: I4
    party: I4
    kind: U1
    unit: I4
    above_m: F8
    warmth_k: F8
    x: F8
    y: F8
    vx: F8
    vy: F8
    posture: U1
    still_s: F8
    ease: F8


class Path(NamedTuple):
    """One path to come: t_s, (N,); xy_m (N, 2); posture (N,) until the next node."""

    t_s: F8
    xy_m: F8
    posture: U1


class Movers:
    """The table; mutable: it is the state of the world."""

    def __init__(self) -> None:
        """Start with nobody."""
        shape = (CAPACITY, MOST_NODES)
        n = CAPACITY
        self.nodes = Nodes(
            np.full(shape, np.inf),
            np.zeros(shape),
            np.zeros(shape),
            np.zeros(shape, np.uint8),
            np.zeros(n, np.int32),
            np.zeros(n, np.int32),
        )
        self.bodies = Bodies(
            np.zeros(n, np.int32),
            np.zeros(n, np.int32),
            np.zeros(n, np.uint8),
            np.full(n, -1, np.int32),
            above_m=np.zeros(n),
            warmth_k=np.zeros(n),
            x=np.zeros(n),
            y=np.zeros(n),
            vx=np.zeros(n),
            vy=np.zeros(n),
            posture=np.zeros(n, np.uint8),
            still_s=np.zeros(n),
            ease=np.ones(n),
        )
        self.last_id = 0
        self.refused = 0

    def add(
        self,
        path: Path,
        kind: int,
        party: int,
        *,
        unit: int = -1,
        above_m: float = 0.0,
        warmth_k: float = 0.0,
        ease: float = 1.0,
    ) -> int:
        """Return the new body's id; 0, and counted in `refused`, when the table is full."""
        free = np.flatnonzero(self.bodies.id == 0)
        if len(free) == 0:
            self.refused += 1
            return 0
        slot = int(free[0])
        self.last_id += 1
        self._lay(slot, path)
        b = self.bodies
        b.id[slot], b.party[slot], b.kind[slot], b.unit[slot] = self.last_id, party, kind, unit
        b.above_m[slot], b.warmth_k[slot], b.ease[slot] = above_m, warmth_k, ease
        return self.last_id

    def reroute(self, body: int, path: Path) -> None:
        """Give a body a new path from now on."""
        slots = np.flatnonzero(self.bodies.id == body)
        if len(slots):
            self._lay(int(slots[0]), path)

    def _lay(self, slot: int, path: Path) -> None:
        n = min(len(path.t_s), MOST_NODES)
        self.nodes.t[slot, :n] = path.t_s[:n]
        self.nodes.x[slot, :n], self.nodes.y[slot, :n] = path.xy_m[:n, 0], path.xy_m[:n, 1]
        self.nodes.posture[slot, :n] = path.posture[:n]
        self.nodes.size[slot], self.nodes.cursor[slot] = n, 0
        self.bodies.x[slot], self.bodies.y[slot] = path.xy_m[0]

    def advance(self, t_s: float) -> None:
        """Move everybody to `t_s`; those whose path has ended leave the table."""
        _advance(self.nodes, self.bodies, t_s)

    def alive(self, t_s: float) -> NDArray[np.int64]:
        """Return the places in use whose path has begun."""
        return np.flatnonzero((self.bodies.id > 0) & (self.nodes.t[:, 0] <= t_s))


@numba.njit(cache=True)
def place(nodes: Nodes, slot: int, t_s: float) -> tuple[float, float, float, float, int, int]:
    """Return east, north, their rates, posture and node index of a body at `t_s`, not before its cursor."""
    k = nodes.cursor[slot]
    last = nodes.size[slot] - 1
    while k < last - 1 and nodes.t[slot, k + 1] <= t_s:
        k += 1
    if last == 0:
        return nodes.x[slot, 0], nodes.y[slot, 0], 0.0, 0.0, nodes.posture[slot, 0], 0
    span = nodes.t[slot, k + 1] - nodes.t[slot, k]
    vx = (nodes.x[slot, k + 1] - nodes.x[slot, k]) / span
    vy = (nodes.y[slot, k + 1] - nodes.y[slot, k]) / span
    into = min(max(t_s - nodes.t[slot, k], 0.0), span)
    x, y = nodes.x[slot, k] + vx * into, nodes.y[slot, k] + vy * into
    return x, y, vx, vy, nodes.posture[slot, k], k


@numba.njit(cache=True)
def _advance(nodes: Nodes, bodies: Bodies, t_s: float) -> None:
    for slot in range(bodies.id.shape[0]):
        if bodies.id[slot] == 0 or nodes.t[slot, 0] > t_s:
            continue
        if t_s > nodes.t[slot, nodes.size[slot] - 1]:
            bodies.id[slot] = 0
            continue
        x, y, vx, vy, posture, k = place(nodes, slot, t_s)
        nodes.cursor[slot] = k
        bodies.x[slot], bodies.y[slot], bodies.vx[slot], bodies.vy[slot] = x, y, vx, vy
        bodies.posture[slot] = posture
        moving = vx * vx + vy * vy > 1e-6
        bodies.still_s[slot] = 0.0 if moving else t_s - nodes.t[slot, k]
