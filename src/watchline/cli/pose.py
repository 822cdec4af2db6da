"""`watchline pose`: where does a camera really look?  From landmarks, own units and the skyline, for the site
file.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.domain.site import Sensor
from watchline.geo.terrain import Terrain
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sensing import pose as calibration
from watchline.sensing.camera import Camera, Pose
from watchline.sensing.placing import placed
from watchline.sources.pictures import open_pictures
from watchline.vision.skyline import find_skyline

COLUMNS = ("x_px", "y_px", "lon_deg", "lat_deg", "above_m", "sd_m")
PIXEL_SD = 0.7  # of a mark set by hand, and of the skyline
EVERY_PX = 8  # columns of the skyline that are used: neighbours say the same
LEAST_COLUMNS = 20


def pose(
    site: Path,
    /,
    *,
    camera: str,
    landmarks: Path | None = None,
    skyline: Path | None = None,
    sd_mrad: float = 5.0,
    json: Json = False,
) -> int:
    """Find azimuth, tilt, roll and field of view of one camera of SITE.toml, with their errors.

    Parameters
    ----------
    site
        The site file, or its folder.
    camera
        The sensor's id.
    landmarks
        CSV of x_px,y_px,lon_deg,lat_deg,above_m,sd_m: marks in the picture whose place is known to sd_m, so high over
        the ground; own units seen while they said where they were are such marks too.
    skyline
        A picture of this camera in which land meets sky.
    sd_mrad
        How wrong the stated pose may be, milliradians (roll likewise, focal length in parts of a thousand).
    json
        Print one JSON object.
    """
    if not 0.01 <= sd_mrad <= 200.0:
        raise BadInput("--sd-mrad", f"must be 0.01 to 200, got {sd_mrad}")
    loaded = read_site(site)
    terrain = loaded.terrain()
    eye = _camera(loaded, terrain, camera, sd_mrad * 1e-3)
    seen = _marks(landmarks, loaded, terrain) if landmarks is not None else calibration.Sightings.join([])
    horizon = _horizon(skyline, eye.sensor) if skyline is not None else None
    try:
        fit = calibration.calibrate(eye, terrain, seen, horizon)
    except ValueError as error:
        raise BadInput(f"--camera {camera}", str(error), "give --landmarks or --skyline") from None
    said = _fields(fit)
    print(msgspec.json.encode(said).decode() if json else _lines(said, len(seen.x_px), horizon))
    return 0


def _camera(loaded: LoadedSite, terrain: Terrain, name: str, sd: float) -> Camera:
    for k, sensor in enumerate(loaded.site.sensors):
        if sensor.id == name and sensor.kind in ("thermal_camera", "drone_camera"):
            at = placed(loaded.site, loaded.line, terrain)
            if not np.isfinite(at.eye_m[k]).all():
                raise BadInput(f"--camera {name}", "stands where the terrain has no height")
            return Camera(sensor, at.eye_m[k], float(at.convergence_rad[k]), Pose(sd=np.full(4, sd)))
    raise BadInput(f"--camera {name}", f"is no camera of {loaded.path.name}")


def _marks(path: Path, loaded: LoadedSite, terrain: Terrain) -> calibration.Sightings:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            table = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), f"cannot be read ({error})") from None
    rows = np.array([_row(path, n + 2, line) for n, line in enumerate(table)], float).reshape(-1, len(COLUMNS))
    xy = np.asarray(loaded.line.frame.xy_m_from_lonlat(rows[:, 2], rows[:, 3]), float).reshape(-1, 2)
    ground = terrain.height_at(xy)
    if not np.isfinite(ground).all():
        line = int(np.flatnonzero(~np.isfinite(ground))[0]) + 2
        raise BadInput(f"{path}: line {line}", "lies where the terrain has no height")
    # The ground's height is the elevation model's, whatever the mark was surveyed with.
    sd = np.column_stack([rows[:, 5], np.full(len(rows), calibration.MODEL_SD_M)])
    place = np.column_stack([xy, ground + rows[:, 4]])
    return calibration.Sightings(
        rows[:, 0], rows[:, 1], place, sd, np.full(len(rows), PIXEL_SD), np.ones(len(rows), bool)
    )


def _row(path: Path, line: int, said: dict[str, Any]) -> list[float]:
    values = []
    for name in COLUMNS:
        try:
            value = float(said[name])
        except KeyError:
            raise BadInput(f"{path}: {name}", "column is missing", f"columns are {', '.join(COLUMNS)}") from None
        except (TypeError, ValueError):
            raise BadInput(f"{path}: line {line}: {name}", f"must be a number, got {said[name]!r}") from None
        if not math.isfinite(value) or (name == "sd_m" and value <= 0.0):
            raise BadInput(f"{path}: line {line}: {name}", f"must be finite, sd_m above 0, got {value}")
        values.append(value)
    return values


def _horizon(path: Path, sensor: Sensor) -> calibration.Horizon:
    with open_pictures(str(path)) as pictures:
        frame = next(iter(pictures))
    stated = (sensor.height_px, sensor.width_px)
    if frame.pixels.shape != stated:
        raise BadInput(str(path), f"is {frame.pixels.shape[::-1]}, the camera is {stated[::-1]} pixels")
    x, y = find_skyline(frame.pixels)
    if len(x) < LEAST_COLUMNS * EVERY_PX / 2:
        raise BadInput(str(path), f"shows land against sky in {len(x)} columns only", "choose a clearer picture")
    return calibration.Horizon(x[::EVERY_PX], y[::EVERY_PX], PIXEL_SD)


def _fields(fit: calibration.Fit) -> dict[str, Any]:
    """Return what belongs into the site file, with 1-sigma errors."""
    sensor, found = fit.camera.sensor, fit.camera.pose
    half = math.atan(math.tan(math.radians(sensor.hfov_deg) / 2.0) * math.exp(-found.ln_focal))
    values = {
        "azimuth_deg": sensor.azimuth_deg + math.degrees(found.azimuth_rad),
        "tilt_deg": sensor.tilt_deg + math.degrees(found.tilt_rad),
        "roll_deg": sensor.roll_deg + math.degrees(found.roll_rad),
        "hfov_deg": 2.0 * math.degrees(half),
    }
    errors = dict(zip(values, np.degrees(found.sd * [1.0, 1.0, 1.0, math.sin(2.0 * half)]).tolist(), strict=True))
    out: dict[str, Any] = {name: round(value, 4) for name, value in values.items()}
    out["sd"] = {name: round(value, 4) for name, value in errors.items()}
    return out | {"residual_rms": round(fit.rms, 2), "residuals_used": fit.used}


def _lines(said: dict[str, Any], marks: int, horizon: calibration.Horizon | None) -> str:
    columns = 0 if horizon is None else len(horizon.x_px)
    rows = [f"{name} = {said[name]}    # +- {sd}" for name, sd in said["sd"].items()]
    rows.append(
        f"# from {marks} marks and {columns} columns of skyline; residuals {said['residual_rms']} of those expected"
    )
    return "\n".join(rows)
