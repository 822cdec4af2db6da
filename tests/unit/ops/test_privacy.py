"""Under a mask nothing is kept: no detection, no track, no alert, no pixel; lifted, everything is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import camera, level, site, straight_line, write_geojson, write_site
from core_builders import SENSORS, make_core, ticks, walker_seen_by_radar
from watchline.domain.frames import Frame
from watchline.domain.policy import MaskLiftAgreed, MaskLiftAsked
from watchline.domain.site import Area
from watchline.ledger.reader import LedgerReader
from watchline.ops.cameras import painted
from watchline.ops.core import Core
from watchline.ops.privacy import pixel_masks
from watchline.ops.site_file import read_site

LINE = straight_line()


def _ring(s0_m: float, s1_m: float, d0_m: float, d1_m: float) -> np.ndarray:
    corners = [(s0_m, d0_m), (s1_m, d0_m), (s1_m, d1_m), (s0_m, d1_m), (s0_m, d0_m)]
    return LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd(np.array(corners)))


def _core(directory: Path, *, masked: bool) -> Core:
    """Return a core whose radar sees a walker come from 2 km outside, with a mask over all of the way or none."""
    areas = (Area(id="yard", kind="privacy", file="yard.geojson"),) if masked else ()
    (directory / "site").mkdir(parents=True)
    write_geojson(directory / "site" / "yard.geojson", "Polygon", [_ring(3000.0, 7000.0, -3500.0, -100.0)])
    return make_core(directory, walker_seen_by_radar, msgspec.structs.replace(site(*SENSORS), areas=areas))


def _kept(directory: Path) -> tuple[int, int, int]:
    with LedgerReader(directory / "ledger") as reader:
        rows = [sum(len(batch) for batch in reader.columns(name)) for name in ("detections", "tracks")]
        return rows[0], rows[1], sum(1 for _ in reader.events(["alert"]))


def test_nothing_of_what_happens_under_a_mask_is_in_the_ledger(tmp_path: Path) -> None:
    for name, masked in (("open", False), ("masked", True)):
        ticks(_core(tmp_path / name, masked=masked), 90).close()
    assert all(count > 0 for count in _kept(tmp_path / "open"))
    assert _kept(tmp_path / "masked") == (0, 0, 0)


def test_two_persons_lift_it_and_it_closes_again(tmp_path: Path) -> None:
    core = ticks(_core(tmp_path, masked=True), 10)
    now_s = core.clock.now_s
    asked = MaskLiftAsked(id="l", t_s=now_s, source="a", lift="l-1", area="yard", person="a",
                          reason="a child is lost", until_s=now_s + 40.0)  # fmt: skip
    core.people.report((asked,))
    ticks(core, 5)
    core.people.report((MaskLiftAgreed(id="m", t_s=now_s + 5.0, source="b", lift="l-1", person="b"),))
    ticks(core, 80).close()
    with LedgerReader(tmp_path / "ledger") as reader:
        times = np.concatenate([batch.columns()["t_s"] for batch in reader.columns("detections")])
    assert times.min() >= now_s + 5.0
    assert times.max() < now_s + 40.0 + 2.0


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory):
    """Give a site whose camera looks north over a yard 400 to 600 m away."""
    directory = tmp_path_factory.mktemp("yard")
    write_geojson(directory / "yard.geojson", "Polygon", [_ring(4950.0, 5050.0, -600.0, -400.0)])
    what = site(camera(width_px=640, height_px=512, hfov_deg=20.0, tilt_deg=-3.0))
    areas = (Area(id="yard", kind="privacy", file="yard.geojson"),)
    return read_site(write_site(directory, msgspec.structs.replace(what, areas=areas)))


def test_what_a_camera_sees_of_a_mask_is_painted_before_anything_looks(loaded) -> None:
    masks = pixel_masks(loaded, level(13_000.0, cell_m=100.0), [0])[0]
    rng = np.random.default_rng(3)
    pixels = rng.normal(8000.0, 50.0, (512, 640)).astype(np.uint16)
    frame = Frame("cam", 1, 0.0, pixels)
    hidden = painted(frame, masks, frozenset())
    same = hidden.pixels == pixels
    share = 1.0 - same.mean()
    assert 0.01 < share < 0.5
    assert len(np.unique(hidden.pixels[~same])) == 1  # one grey, whatever was there
    rows, columns = np.where(~same)
    assert abs(columns.mean() - 320) < 30  # the yard lies straight ahead
    # 30 m up at 400 to 600 m: between 2.9 and 4.3 degrees down, the picture's middle is 3 down
    assert 220 < rows.mean() < 330
    assert np.array_equal(painted(frame, masks, frozenset({"yard"})).pixels, pixels)
    assert np.array_equal(pixels, frame.pixels)  # the picture itself is not touched
