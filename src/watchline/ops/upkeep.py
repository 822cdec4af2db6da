"""What whoever mends the line has to know: how well each sensor does over time, what it alone looks at, the air.

Rules: quality is what sensors measured themselves (a share of their nominal contrast), sampled; where none was heard
it is unknown.  A lens that gets dirty falls slowly and alone; dust and haze fall together and come back: both stand
on one page.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.in_view import Sight, in_view
from watchline.domain.batches import ScanBatch
from watchline.domain.records import Weather
from watchline.ledger.reader import LedgerReader
from watchline.ops.ledger_site import SensorNumbers

F8 = NDArray[np.float64]

SAMPLE_S = 30.0  # looks of so long stand for their row


def quality_over(reader: LedgerReader, ids: tuple[str, ...], edges_s: F8) -> F8:
    """Return (rows, sensors) the mean measured quality at the beginning of each row, NaN where none was measured.

    ids: of the present site's sensors.
    """
    numbers, sensors = SensorNumbers(reader, ids), len(ids)
    rows = np.full((len(edges_s) - 1, sensors), np.nan)
    for k, (low, high) in enumerate(pairwise(edges_s)):
        end = min(low + SAMPLE_S, high)
        heard = []
        for entry in reader.column_entries("scans", after_seq=reader.before("scans", low)):
            batch = entry.value
            assert isinstance(batch, ScanBatch)
            if batch.t_s.min() >= end:
                break
            measured = batch.take((batch.t_s >= low) & (batch.t_s < end) & np.isfinite(batch.quality))
            heard.append(numbers.of(measured, entry.seq))
        looks = ScanBatch.join(heard)
        count = np.bincount(looks.sensor, minlength=sensors)[:sensors]
        total = np.bincount(looks.sensor, looks.quality, minlength=sensors)[:sensors]
        rows[k] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return rows


def air_over(reader: LedgerReader, edges_s: F8) -> tuple[F8, F8]:
    """Return (rows,) the least visibility in metres and the most dust (0..1) told in each row, NaN for none."""
    visibility, dust = (np.full(len(edges_s) - 1, np.nan) for _ in range(2))
    end = float(edges_s[-1])
    for entry in reader.events(["weather"], after_seq=reader.before("weather", float(edges_s[0]))):
        told = entry.value
        if entry.known_s > end:
            break
        if isinstance(told, Weather) and not told.exercise:
            k = int(np.searchsorted(edges_s, told.t_s, side="right")) - 1
            if 0 <= k < len(visibility):
                visibility[k] = np.fmin(visibility[k], told.visibility_m)
                dust[k] = np.fmax(dust[k], told.dust)
    return visibility, dust


def alone_km(belt: Sight, dark: frozenset[int], count: int) -> F8:
    """Return (count,) how many kilometres of ground before the line hang on each sensor as things stand.

    Of one that works: what would go out of view without it; of a dark one: what would come back with it.
    """
    now = float(np.nansum(in_view(belt, dark).share))
    return np.array([abs(float(np.nansum(in_view(belt, dark ^ {k}).share)) - now) for k in range(count)])
