"""`watchline track`: recorded scans and detections become tracks."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from watchline.cli.options import Json
from watchline.domain.batches import TrackBatch
from watchline.domain.errors import BadInput
from watchline.ops.track import recorded, tracks_of
from watchline.sources.track_arrays import read_track_arrays

HEADER = ("t", "track_id", "x", "y", "pxx", "pxy", "pyy", "p_exist")


def track(
    detections: Path,
    /,
    *,
    out: Path,
    order: Literal["arrival", "time"] = "arrival",
    every_s: float = 5.0,
    json: Json = False,
) -> int:
    """Write the tracks of DETECTIONS.npz as CSV: t,track_id,x,y,pxx,pxy,pyy,p_exist, only those an operator is shown.

    Parameters
    ----------
    detections
        Arrays of scans and detections, with the times they were made and the times they arrived.
    out
        The CSV file to write.
    order
        arrival: use every scan when it arrives, as in the field; time: in order of time.
    every_s
        Seconds between two reports.
    json
        Print the counts as one JSON object.
    """
    if not np.isfinite(every_s) or every_s <= 0:
        raise BadInput("--every-s", f"is {every_s}", "must be more than 0 seconds")
    recording = recorded(read_track_arrays(detections))
    started, rows, names = time.monotonic(), 0, set[int]()
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for batch in tracks_of(recording, order, every_s):
                shown = batch.take(np.flatnonzero(batch.confirmed))
                writer.writerows(_lines(shown))
                rows += len(shown)
                names.update(shown.track_id.tolist())
    except OSError as error:
        raise BadInput(f"--out {out}", f"cannot be written ({error.strerror})", "choose another") from None
    seconds = time.monotonic() - started
    told = {
        "detections": len(recording.detections),
        "scans": len(recording.scans),
        "tracks": len(names),
        "rows": rows,
        "seconds": round(seconds, 3),
        "times_real_time": round(recording.duration_s / max(seconds, 1e-9), 1),
    }
    text = "{detections} detections of {scans} scans, {tracks} tracks, {times_real_time} times real time".format(
        **told
    )
    print(msgspec.json.encode(told).decode() if json else f"{text}; written into {out}")
    return 0


def _lines(batch: TrackBatch) -> list[list[str]]:
    table = np.column_stack([batch.t_s, batch.track_id, batch.xy_m, batch.cov[:, :3], batch.p_exist])
    return [[f"{value:.10g}" for value in row] for row in table]
