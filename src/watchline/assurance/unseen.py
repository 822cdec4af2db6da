"""From accounts and what was seen to a statement: how many may have crossed unseen in a window, for one class.

Theory: minutes are gathered into cells of one stretch and one hour; what was blind is left out and told beside it.
The cell's pi has an interval because the sensors' parameters are uncertain; they are the same for all cells, so all
cells are drawn too high or too low together, on the logit scale, which gives the widest bound their intervals allow.
The bound itself knows that crossers choose (`selection.py`); the pooled one stands beside it for comparison.

Limits: crossings are counted in the hour and stretch of their first alert at the line; what was seen before the line
and turned back is an attempt, no crossing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from watchline.assurance.account import Account, blind
from watchline.assurance.bound import Bound, undetected
from watchline.assurance.selection import Selected, undetected_by_choice, window
from watchline.domain.batches import MissBatch

F8 = NDArray[np.float64]

CELL_S = 3600.0
QUANTILES = 21  # draws of what all cells share
PI_LEAST, PI_MOST = 1e-4, 1.0 - 1e-4
Z95 = 1.6449


@dataclass(frozen=True)
class Unseen:
    """What can be said of one class in a window.

    account: (S,) stretch-hours of the stretches asked for; mean_miss: over what was watched, NaN if nothing was;
    seen: crossings that were detected; chosen: the bound if crossers choose, None: UNKNOWN; pooled: the same if they
    did not.  not_placed: of `seen`, how many lie where or when nothing was watched; they count as seen all the same.
    informed, knowing: the mean of pi_adv over all stretches and hours, blind ones too, of those who know where
    sensors are (L1), and of those who know what works and who is where (L2); NaN where it was not reckoned.
    """

    account: Account
    mean_miss: float
    seen: int
    not_placed: int
    chosen: Selected | None
    pooled: Bound | None
    informed: float = float("nan")
    knowing: float = float("nan")

    @property
    def bound(self) -> Bound | None:
        """Return the bound that is published."""
        return None if self.chosen is None else self.chosen.bound

    @property
    def blind_share(self) -> float:
        """Return the share of stretch and time without watch; 1 when there is no account at all."""
        whole = float(self.account.whole.sum())
        return float(self.account.blind.sum()) / whole if whole > 0.0 else 1.0


@dataclass(frozen=True)
class Crossed:
    """One crossing that was seen: when, and in which stretch."""

    t_s: float
    stretch: int


@dataclass(frozen=True)
class _Cells:
    """Watched exposure (N,) of cells of stretch (N,) and hour (N,), their pi and its 5 and 95 % points."""

    stretch: NDArray[np.int64]
    hour: NDArray[np.int64]
    exposure: F8
    mean: F8
    low: F8
    high: F8


def unseen(rows: MissBatch, crosser: int, seen: list[Crossed], stretches: int, least: int = 0) -> Unseen:
    """Return what can be said: rows of the window and stretches asked for, of all classes; crosser: which class.

    least: so many crossed undetected for certain, by sign found later.
    """
    rows = rows.take(rows.crosser == crosser)
    account, cells = _gathered(rows, stretches)
    best = _on_the_mean(rows, rows.informed), _on_the_mean(rows, rows.adversary)
    if len(cells.exposure) == 0:
        return Unseen(account, float("nan"), len(seen), len(seen), None, None, *best)
    draws = _drawn(cells)
    place = {(int(s), int(h)): k for k, (s, h) in enumerate(zip(cells.stretch, cells.hour, strict=True))}
    found = [place.get((one.stretch, int(one.t_s // CELL_S))) for one in seen]
    at = np.array([k for k in found if k is not None], np.int64)
    board = window(draws, cells.exposure)
    # A crossing seen where nothing was watched is as hard to explain as one in the weakest cell.
    bins = np.concatenate([board.bin_of(draws.mean(axis=0)[at]), np.full(len(seen) - len(at), len(board.rank) - 1)])
    pooled = undetected(len(seen), (1.0 - draws) @ cells.exposure, draws @ cells.exposure)
    mean = float(cells.mean @ cells.exposure / cells.exposure.sum())
    return Unseen(
        account, mean, len(seen), len(seen) - len(at), undetected_by_choice(board, bins, least=least), pooled, *best
    )


def account_of(rows: MissBatch, crosser: int, stretches: int) -> Account:
    """Return the account alone of one class, stretch by stretch; rows: as for `unseen`."""
    return _gathered(rows.take(rows.crosser == crosser), stretches)[0]


def _on_the_mean(rows: MissBatch, pi: F8) -> float:
    """Return pi by stretch and hour of what was reckoned, NaN if nothing was."""
    weight = np.where(np.isfinite(pi), rows.hours * rows.share, 0.0)
    return float(weight @ np.nan_to_num(pi) / weight.sum()) if weight.any() else float("nan")


def _gathered(rows: MissBatch, stretches: int) -> tuple[Account, _Cells]:
    length = rows.hours * rows.share
    hidden = blind(rows.adversary) | ~np.isfinite(rows.mean)
    watched, pi = np.where(hidden, 0.0, length), np.where(hidden, 0.0, np.nan_to_num(rows.mean))

    def by_stretch(value: F8) -> F8:
        return np.bincount(rows.stretch, value, stretches).astype(float)

    account = Account(by_stretch(watched * (1.0 - pi)), by_stretch(watched * pi), by_stretch(length - watched))
    keep = watched > 0.0
    rows, watched = rows.take(keep), watched[keep]
    hour = (rows.t_s // CELL_S).astype(np.int64)
    key, cell = np.unique(np.stack([rows.stretch.astype(np.int64), hour]), axis=1, return_inverse=True)
    cell = cell.ravel()
    exposure: F8 = np.bincount(cell, watched, key.shape[1]).astype(float)
    mean, low, high = (
        np.bincount(cell, watched * value, key.shape[1]) / exposure for value in (rows.mean, rows.low, rows.high)
    )
    return account, _Cells(key[0], key[1], exposure, mean, low, high)


def _drawn(cells: _Cells) -> F8:
    """Return (QUANTILES, N) pi of every cell, all too high or too low together."""
    middle, low, high = (logit(np.clip(p, PI_LEAST, PI_MOST)) for p in (cells.mean, cells.low, cells.high))
    z = norm.ppf((np.arange(QUANTILES) + 0.5) / QUANTILES)[:, None]
    sd = np.where(z > 0.0, np.maximum(high - middle, 0.0), np.maximum(middle - low, 0.0)) / Z95
    return np.asarray(expit(middle + z * sd))
