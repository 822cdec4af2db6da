"""The containment map: where somebody out of contact may be, kept right by every look in vain and every sign.

Theory: ways drawn from the loss (`motion`), each with a weight.  A look that found nobody takes from each way what
it would have found of it, exp(-coverage), at the time of the look, whenever it is told: looks come in any order and
the map is the same.  What the weights have lost is the cumulative probability of success.  A sign is a second loss
that is theirs with a stated chance: that share of the weight goes to ways drawn through it, which all looks so far
are put to again.

Rules: nothing is ever weighted to nothing by one statement.  `weight` sums to the chance that they are still out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import gammaincinv

from watchline.search.motion import F4, F8, I8, Ground, Intent, Loss, cells_of, drawn_ways
from watchline.sensing.frailty import FrailtyPrior

FRAILTY = FrailtyPrior().mean
GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Part:
    """Coverage of some cells (K,) flat, about one time: 1 - exp(-coverage) of whoever is there is found."""

    t_s: float
    cell: I8
    coverage: F8


@dataclass(frozen=True)
class Look:
    """A look in vain, in parts of at most a few minutes each.  id: of its record."""

    id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Gaze:
    """Looks in vain from fixed places about one time.

    coverage_at: coverage (N,) of whoever is at places (N, 2) then with velocities (N, 2); it counts times each way's
    own visibility, the same in all gazes: who is hard to see for one camera is for the next.  visited: somebody went
    there, so that visibility has no part in it.
    """

    id: str
    t_s: float
    coverage_at: Callable[[F4, F4], F8]
    visited: bool = False


@dataclass(frozen=True)
class Sign:
    """Footprints, a fire, a report: they were at xy_m (2,) with 1-sigma sd_m at t_s; p_theirs: that it is theirs."""

    id: str
    xy_m: F8
    sd_m: float
    t_s: float
    p_theirs: float


@dataclass(frozen=True)
class Setting:
    """What a containment is drawn from and stays the same: ground, intents with their headings, times, a seed."""

    ground: Ground
    intents: Mapping[Intent, float]
    headings: Mapping[Intent, F4]
    t_s: F8
    ways: int = 16_000
    key: int = 1


@dataclass(frozen=True)
class Containment:
    """Ways xy_m (T, N, 2) float32 at setting.t_s, cell (T, N), weight (N,); what has been looked at and found.

    visibility (N,): how easily each is seen by whoever looks, of mean 1; a way keeps it whatever is told later.
    """

    setting: Setting
    loss: Loss
    xy_m: F4
    cell: I8
    weight: F8
    visibility: F8
    looks: tuple[Look | Gaze, ...] = field(default=())
    signs: tuple[Sign, ...] = field(default=())

    @property
    def p_success(self) -> float:
        """Return the cumulative POS of all looks so far, had they been there as the map says."""
        return max(0.0, 1.0 - float(self.weight.sum()))

    def step_at(self, t_s: float) -> int:
        """Return the step nearest to a time."""
        return int(np.argmin(np.abs(self.setting.t_s - t_s)))

    def density(self, t_s: float) -> F8:
        """Return (rows, cols) the probability of each cell at a time, given that they are still out.

        Sums to less than 1 by what is outside the grid.
        """
        here = self.cell[self.step_at(t_s)]
        shape = self.setting.ground.terrain.height_m.shape
        laid = np.bincount(here[here >= 0], self.weight[here >= 0], minlength=shape[0] * shape[1])
        return np.asarray(laid.reshape(shape) / self.weight.sum(), float)


def begun(setting: Setting, loss: Loss) -> Containment:
    """Return the map of a loss before anybody has looked."""
    xy = _ways(setting, loss, setting.ways, setting.key)
    weight = np.full(setting.ways, 1.0 / setting.ways)
    return Containment(setting, loss, xy, cells_of(setting.ground.terrain, xy), weight, _visibility(setting.ways))


def looked(state: Containment, look: Look | Gaze) -> Containment:
    """Return the map after a look in vain; the same look told twice counts once."""
    if any(one.id == look.id for one in state.looks):
        return state
    weight = state.weight * np.exp(-_exposure(state, look))
    return replace(state, weight=weight, looks=(*state.looks, look))


def sign_found(state: Containment, sign: Sign) -> Containment:
    """Return the map after a sign: a share p_theirs of what is still out goes on from there."""
    if not 0.0 <= sign.p_theirs <= 1.0:
        raise ValueError(f"p_theirs must be in 0..1, got {sign.p_theirs}")
    if any(one.id == sign.id for one in state.signs):
        return state
    out = float(state.weight.sum())
    went = sign.t_s - state.loss.t_s
    v = (sign.xy_m - state.loss.xy_m) / went if went > 0.0 else state.loss.v_m_s
    from_there = Loss(sign.xy_m, sign.sd_m, sign.t_s, state.loss.pace_m_s, v)
    ways = state.setting.ways
    xy = _through(state, from_there, ways)
    fresh = replace(
        state, xy_m=xy, cell=cells_of(state.setting.ground.terrain, xy), weight=np.full(ways, 1.0 / ways),
        visibility=_visibility(ways), looks=(),
    )  # fmt: skip
    for look in state.looks:
        fresh = looked(fresh, look)
    share = sign.p_theirs * out
    return replace(
        state,
        xy_m=np.concatenate([state.xy_m, fresh.xy_m], axis=1),
        cell=np.concatenate([state.cell, fresh.cell], axis=1),
        weight=np.concatenate([state.weight * (1.0 - sign.p_theirs), fresh.weight * (share / fresh.weight.sum())]),
        visibility=np.concatenate([state.visibility, fresh.visibility]),
        signs=(*state.signs, sign),
    )


def _exposure(state: Containment, look: Look | Gaze) -> F8:
    if isinstance(look, Gaze):
        step, t_s = state.step_at(look.t_s), state.setting.t_s
        before, after = max(step - 1, 0), min(step + 1, len(t_s) - 1)
        went = state.xy_m[after] - state.xy_m[before]
        v_m_s = went / np.float32(max(t_s[after] - t_s[before], 1.0))
        coverage = look.coverage_at(state.xy_m[step], v_m_s)
        return coverage if look.visited else coverage * state.visibility
    exposure = np.zeros(len(state.weight))
    laid = np.zeros(state.setting.ground.terrain.height_m.size + 1)  # the last: outside
    for part in look.parts:
        laid[part.cell] = part.coverage
        exposure += laid[state.cell[state.step_at(part.t_s)]]
        laid[part.cell] = 0.0
    return exposure


def _visibility(ways: int) -> F8:
    """Return (ways,) how easily each is seen, of mean 1: the gamma law of `sensing.glimpse`'s frailty."""
    share = (np.arange(ways) * GOLDEN + 0.5) % 1.0  # spread evenly over whatever ways come one after the other
    return np.asarray(gammaincinv(FRAILTY, share) / FRAILTY)


def _ways(setting: Setting, loss: Loss, ways: int, key: int) -> F4:
    return drawn_ways(setting.ground, loss, dict(setting.intents), dict(setting.headings), setting.t_s, ways, key)


def _through(state: Containment, there: Loss, ways: int) -> F4:
    """Return ways that go straight to a sign and on from it."""
    t = state.setting.t_s
    out = np.empty((len(t), ways, 2), np.float32)
    after = t >= there.t_s
    setting = replace(state.setting, t_s=t[after], key=state.setting.key + 104_729 * (len(state.signs) + 1))
    if after.any():
        out[after] = _ways(setting, there, ways, setting.key)
    share = np.clip((t[~after] - state.loss.t_s) / max(there.t_s - state.loss.t_s, 1.0), 0.0, 1.0)
    out[~after] = (state.loss.xy_m + share[:, None] * (there.xy_m - state.loss.xy_m))[:, None, :]
    return out
