"""What the map of the Watch screen shows and answers: layers of one's own, measuring, sight, horizon, a printed sheet."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from seated import barriers, seated

from core_builders import make_core
from map_files import vector_tile, write_features, write_raster, write_vector_mbtiles
from respond_site import PEOPLE, script, with_units
from served import Served, running
from watchline.alerting.desk.roles import Who
from watchline.domain.records import GeoPoint, MapShape
from watchline.domain.site import MapLayer
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LAYERS = (
    MapLayer(id="photo", name="صور 2026", file="photo.mbtiles", kind="raster", attribution="© Survey 2026"),
    MapLayer(id="roads", name="Tracks", file="roads.mbtiles", kind="vector", attribution="© Road office"),
    MapLayer(id="wells", name="Wells", file="wells.gpkg", kind="vector"),
    MapLayer(id="gone", name="Old maps", file="gone.pmtiles", kind="raster"),
)


def shape(name: str, arabic: str, kind: Any, *points: tuple[float, float]) -> MapShape:
    where = tuple(GeoPoint(lon_deg=lon, lat_deg=lat) for lon, lat in points)
    return MapShape(
        id=name, t_s=0.0, source="test", name=name, shape=kind, points=where, properties={"name_ar": arabic}
    )


def write_layers(folder: Path, center: tuple[float, float]) -> None:
    """Write imagery, vector tiles and features around the middle of the line."""
    lon, lat = center
    folder.mkdir(parents=True)
    write_raster(folder / "photo.mbtiles", (lon - 0.04, lat - 0.03, lon + 0.01, lat + 0.04))
    n = 2**10
    import math

    x = int((lon / 360 + 0.5) * n)
    y = int((0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)) * n)
    write_vector_mbtiles(folder / "roads.mbtiles", {(10, x, y): vector_tile("درب الحج")})
    well = shape("North well", "البئر الشمالي", "point", (lon + 0.02, lat + 0.01))
    field = shape(
        "Field", "حقل", "area", (lon - 0.02, lat - 0.01), (lon - 0.01, lat - 0.01), (lon - 0.01, lat + 0.004)
    )
    write_features(folder / "wells.gpkg", well, field)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int]]:
    directory = tmp_path_factory.mktemp("map")
    what = with_units()
    probe = make_core(directory / "probe", script, what)
    lon, lat = (float(v) for v in probe.loaded.line.frame.lonlat_from_xy_m(probe.loaded.line.xy_m.mean(axis=0)))
    probe.close()
    write_layers(directory / "site", (lon, lat))
    core = make_core(directory, script, msgspec.structs.replace(what, map_layers=LAYERS))
    served = Served(core, Sessions("desk-1", tuple(Who(p.name, p.role, p.desk) for p in PEOPLE)), directory)
    server = ServerThread(served.app, 0)
    with running(core, 0.1):
        yield served, server.port
    server.stop()
    core.close()


def until(page: Any, script: str) -> Any:
    """Poll: the page's own policy lets no waiting script in."""
    end = time.monotonic() + 60.0
    while not (value := page.evaluate(script)):
        assert time.monotonic() < end, script
        page.wait_for_timeout(100)
    return value


def shoot(page: Any, name: str) -> None:
    if directory := os.environ.get("WATCHLINE_SCREENSHOTS"):
        Path(directory).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(1500)
        page.screenshot(path=str(Path(directory) / name), timeout=120_000)


def opened(browser: Any, desk: tuple[Served, int], path: str = "/?lang=en") -> tuple[Any, list[str], set[str]]:
    served, port = desk
    page, errors = seated(browser, served, port, "lead", path, (1600, 1000))
    hosts: set[str] = set()
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: hosts.add(r.url.split("/")[2] if "://" in r.url else ""))
    page.wait_for_selector("watch-map canvas.maplibregl-canvas", timeout=60_000)
    return page, errors, hosts


def test_look(browser: Any, desk: tuple[Served, int]) -> None:
    page, errors, hosts = opened(browser, desk)
    page.keyboard.press("KeyB")
    page.wait_for_selector("[data-testid=layers]")
    shoot(page, "layers-en.png")
    page.keyboard.press("Escape")
    page.keyboard.press("KeyM")
    for keys in (["ArrowRight"] * 5, ["ArrowUp"] * 8, ["ArrowLeft"] * 9):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=measure-sum]")
    shoot(page, "measure-en.png")
    page.keyboard.press("Escape")
    page.keyboard.press("KeyI")
    page.keyboard.press("Enter")
    for _ in range(14):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=sight-answer]")
    shoot(page, "sight-en.png")
    page.keyboard.press("Escape")
    page.keyboard.press("KeyY")
    page.click("[data-testid=tool-tower]")
    page.wait_for_selector("[data-testid=horizon-mark] b")
    page.keyboard.press("Shift+ArrowRight")
    shoot(page, "horizon-en.png")
    print(barriers(page))
    page.keyboard.press("Escape")
    page.keyboard.press("KeyR")
    page.wait_for_selector("[data-testid=sheet][data-state=drawn]", timeout=60_000)
    shoot(page, "sheet-en.png")
    print(barriers(page))
    print(errors, hosts)
