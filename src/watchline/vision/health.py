"""Can this camera's pictures be trusted at this moment?

States: "learning" the background is not known yet; "disturbed" the whole picture changed (a knock, a
picture-gain step, fog rolling in); "frozen" the same picture again and again; "blind" no contrast is left;
"ok" otherwise.  Anything but "ok" is lost or reduced coverage, and is said, never hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F4 = NDArray[np.float32]

DISTURBED_SHARE = 0.35  # share of pixels far from their background that no scene change explains
DISTURBED_SPREADS = 6.0
FROZEN_PICTURES, FROZEN_S = 8, 2.0  # a still scene in lossless 8 bit may repeat a few times, not for this long
BLIND_CONTRAST = 3.0  # 99th minus 1st percentile, in steps of the counts and in noise spreads
BLIND_QUALITY = 0.15  # contrast left of what was learned


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of the pictures' health.

    same: how many pictures in a row were identical, since same_since_s; disturbed: how many in a row were;
    contrast: learned local contrast in counts; last: a sparse copy of the last picture.
    """

    same: int = 0
    same_since_s: float = 0.0
    disturbed: int = 0
    contrast: float = float("nan")
    last: F4 | None = None


def see(watch: Watch, picture: F4, t_s: float) -> Watch:
    """Return the watch after one more picture: is it the same as the last?"""
    sparse = picture[1::3, 1::3]
    if watch.last is not None and watch.last.shape == sparse.shape and np.array_equal(watch.last, sparse):
        return replace(watch, same=watch.same + 1)
    return replace(watch, same=0, same_since_s=t_s, last=sparse.copy())


def is_frozen(watch: Watch, t_s: float) -> bool:
    """Say whether the same picture has come for too long."""
    return watch.same >= FROZEN_PICTURES and t_s - watch.same_since_s >= FROZEN_S


def local_contrast(smooth: F4) -> float:
    """Return the mean absolute step of a blurred picture over 4 px, in counts."""
    sparse = smooth[::4, ::4]
    return float(0.5 * np.mean(np.abs(np.diff(sparse, axis=0))) + 0.5 * np.mean(np.abs(np.diff(sparse, axis=1))))


def is_blind(picture: F4, quantum: float) -> bool:
    """Say whether a picture has no contrast at all."""
    low, high = np.percentile(picture[::8, ::8], [1.0, 99.0])
    return bool(high - low < BLIND_CONTRAST * max(quantum, 1e-6))


def is_disturbed(white: F4, drift_step: F4 | float = 0.0) -> bool:
    """Say whether so much of the picture is far from its background that the scene itself moved.

    white: (rows, cols) difference in spreads without regional drift; drift_step: how far the drift itself has
    stepped since the last picture, in spreads, of every third row and column from 1 on, or 0.
    """
    apart = np.abs(white[1::3, 1::3] + drift_step)
    return bool(np.mean(apart > DISTURBED_SPREADS) > DISTURBED_SHARE)
