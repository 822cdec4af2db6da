"""`watchline pose` on a demonstration camera whose stated pose is wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from small_site import write_small_site
from watchline.cli import main
from watchline.geo.sight import curvature_drop_m
from watchline.ops.site_file import read_site
from watchline.sensing.camera import Camera
from watchline.sensing.placing import placed
from watchline.sim.demo import demo_site


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["pose", *arguments])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def marks(site: Path, name: str, count: int = 12) -> str:
    """Return a table of marks as the camera's true pose shows them: the site's, before it was made wrong."""
    loaded = read_site(site)
    terrain = loaded.terrain()
    k = next(k for k, s in enumerate(loaded.site.sensors) if s.id == name)
    at = placed(loaded.site, loaded.line, terrain)
    true = next(s for s in demo_site(1, length_m=12_000.0).site.sensors if s.id == name)
    eye = Camera(true, at.eye_m[k], float(at.convergence_rad[k]))
    rng, rows = np.random.default_rng(1), ["x_px,y_px,lon_deg,lat_deg,above_m,sd_m"]
    while len(rows) <= count:
        turn = math.radians(true.azimuth_deg + rng.uniform(-0.45, 0.45) * true.hfov_deg) + eye.convergence_rad
        r = rng.uniform(400.0, 2500.0)
        xy = eye.eye_m[:2] + r * np.array([math.sin(turn), math.cos(turn)])
        up = float(terrain.height_at(xy)) + 2.0 - float(curvature_drop_m(np.array(r))) - eye.eye_m[2]
        x, y = eye.pixels(np.array([turn - eye.convergence_rad]), np.array([math.atan2(up, r)]), 0)
        lon, lat = loaded.line.frame.lonlat_from_xy_m(xy)
        px, py = (float(v[0]) + rng.normal(0, 0.5) for v in (x, y))
        if 0 < px < true.width_px and 0 < py < true.height_px:
            rows.append(f"{px:.2f},{py:.2f},{float(lon):.8f},{float(lat):.8f},2.0,0.5")
    return "\n".join(rows) + "\n"


@pytest.mark.slow
def test_a_wrong_pose_is_found_again_and_bad_marks_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    true = next(
        s for s in demo_site(1, length_m=12_000.0).site.sensors if s.kind == "thermal_camera" and s.pan is None
    )
    wrong = {"azimuth_deg": true.azimuth_deg + 0.3, "tilt_deg": true.tilt_deg - 0.25}
    site = write_small_site(tmp_path / "site", **wrong)
    table = tmp_path / "marks.csv"
    table.write_text(marks(site, true.id))
    code, out, err = run(capsys, str(site), "--camera", true.id, "--landmarks", str(table), "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert said["azimuth_deg"] == pytest.approx(true.azimuth_deg, abs=math.degrees(0.5e-3))
    assert said["tilt_deg"] == pytest.approx(true.tilt_deg, abs=math.degrees(0.6e-3))
    assert abs(said["azimuth_deg"] - true.azimuth_deg) < 4 * said["sd"]["azimuth_deg"]
    table.write_text(table.read_text().replace(",2.0,0.5", ",2.0,x", 1))
    for arguments, says in (
        (["--camera", true.id, "--landmarks", str(table)], "line 2: sd_m: must be a number"),
        (["--camera", "nobody", "--landmarks", str(table)], "is no camera"),
        (["--camera", true.id], "needs a sighting or a horizon"),
    ):
        code, _, err = run(capsys, str(site), *arguments)
        assert code == 2
        assert len(err.strip().splitlines()) == 1
        assert says in err
    assert said["residual_rms"] < 1.5
