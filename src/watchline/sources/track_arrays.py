"""Recorded scans and detections as NumPy arrays in one file (.npz): the exchange format of tracking benches.

Rules: a file is checked whole before anything is made of it; a fault names the array and the rule.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True)
class TrackArrays:
    """The arrays of one file.

    det_* (N,): t, t_arrive, scan, sensor, kind (0 camera, 1 radar, 2 fence), z (N, 3) bearing from the x axis in rad,
    range m, range rate m/s | chainage m, 0, NaN; sd (N, 3); class 0..3; snr.  scan_* (K,): id, sensor, t,
    t_arrive, az0, az1 from the x axis.  sensors (S, >= 11) kind, x, y, height, period, phase, sectors, latency,
    range, bearing error, elevation or range error; line (L, 3) x, y, chainage; blind (B, 3) x, y, radius; duration
    seconds.
    """

    det_t: F8
    det_t_arrive: F8
    det_scan: I8
    det_sensor: I8
    det_kind: I8
    det_z: F8
    det_sd: F8
    det_class: I8
    det_snr: F8
    scan_id: I8
    scan_sensor: I8
    scan_t: F8
    scan_t_arrive: F8
    scan_az0: F8
    scan_az1: F8
    sensors: F8
    line: F8
    blind: F8
    duration: float


WIDE = {"det_z": 3, "det_sd": 3, "sensors": 11, "line": 3, "blind": 3}  # columns, at least
WHOLE = ("det_scan", "det_sensor", "det_kind", "det_class", "scan_id", "scan_sensor")
MAY_BE_NAN = ("det_z", "det_sd", "sensors")


def read_track_arrays(path: Path) -> TrackArrays:
    """Return the arrays of a file; BadInput names what is wrong with it."""
    found = _load(path)
    for field in fields(TrackArrays):
        if field.name not in found:
            raise BadInput(f"{path}: {field.name}", "is missing", "write all arrays of the format, empty ones too")
    arrays: dict[str, Any] = {
        name: _checked(path, name, found[name]) for name in (f.name for f in fields(TrackArrays))
    }
    made = TrackArrays(**{**arrays, "duration": float(np.asarray(found["duration"]).reshape(-1)[0])})
    _check_rows(path, made)
    _check_numbers(path, made)
    return made


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BadInput(f"{path}", "is not a file", "name a .npz file of detections")
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError, KeyError):
        raise BadInput(f"{path}", "cannot be read as .npz arrays", "write it with numpy.savez") from None


def _checked(path: Path, name: str, array: Any) -> NDArray[Any]:
    where = f"{path}: {name}"
    if not np.issubdtype(array.dtype, np.number):
        raise BadInput(where, f"holds {array.dtype}", "must hold numbers")
    if name == "duration":
        if array.size != 1 or not (np.isfinite(array).all() and float(array.reshape(-1)[0]) >= 0):
            raise BadInput(where, "is not one number of seconds", "must be 0 or more")
        return np.asarray(array)
    if name in WIDE:
        if array.ndim != 2 or array.shape[1] < WIDE[name]:
            raise BadInput(where, f"has shape {array.shape}", f"must have {WIDE[name]} columns")
    elif array.ndim != 1:
        raise BadInput(where, f"has shape {array.shape}", "must be one column")
    if name not in MAY_BE_NAN and not np.isfinite(array).all():
        raise BadInput(where, "holds a number that is not finite", "leave such rows out")
    return np.ascontiguousarray(array, np.int64 if name in WHOLE else np.float64)


def _check_rows(path: Path, a: TrackArrays) -> None:
    for prefix, size in (("det_", len(a.det_t)), ("scan_", len(a.scan_id))):
        for name in (f.name for f in fields(TrackArrays) if f.name.startswith(prefix)):
            if len(getattr(a, name)) != size:
                raise BadInput(f"{path}: {name}", f"has {len(getattr(a, name))} rows", f"must have {size}")


def _check_numbers(path: Path, a: TrackArrays) -> None:
    def need(good: Any, name: str, fault: str, rule: str) -> None:
        if not np.all(good):
            raise BadInput(f"{path}: {name}", fault, rule)

    n = len(a.sensors)
    need(n > 0, "sensors", "is empty", "name at least one sensor")
    need(np.isfinite(a.sensors[:, :11]).all(), "sensors", "holds a number that is not finite", "state every column")
    need(np.isin(a.sensors[:, 0], (0, 1, 2)), "sensors", "names an unknown kind", "0 camera, 1 radar, 2 fence")
    need(a.sensors[:, 8] > 0, "sensors", "has a range of 0 or less", "must be above 0")
    need(len(a.line) >= 2, "line", "has fewer than two points", "draw the line")
    need(np.diff(a.line[:, 2]) > 0, "line", "has a chainage that does not grow", "must rise from point to point")
    need((a.scan_sensor >= 0) & (a.scan_sensor < n), "scan_sensor", "names a sensor that is not there", f"0..{n - 1}")
    need((a.det_sensor >= 0) & (a.det_sensor < n), "det_sensor", "names a sensor that is not there", f"0..{n - 1}")
    need(np.isin(a.det_kind, (0, 1, 2)), "det_kind", "names an unknown kind", "0 camera, 1 radar, 2 fence")
    need(np.unique(a.scan_id).size == a.scan_id.size, "scan_id", "names a scan twice", "numbers must not repeat")
    need((a.scan_id >= 0) & (a.scan_id < 2**31), "scan_id", "is out of range", "0..2147483647")
    need(np.isin(a.det_scan, a.scan_id), "det_scan", "names a scan that is not there", "list every scan")
    need(a.scan_az1 >= a.scan_az0, "scan_az1", "lies before scan_az0", "az1 may exceed 2 pi")
