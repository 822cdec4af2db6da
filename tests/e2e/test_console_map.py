"""The map of the Watch screen: layers of one's own, measuring, line of sight, horizon, a printed sheet."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from seated import barriers, seated

from builders import rough
from core_builders import make_core
from map_files import vector_tile, write_features, write_raster, write_vector_mbtiles
from respond_site import LINE, PEOPLE, script, with_units
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
    lon, lat = (float(v) for v in LINE.frame.lonlat_from_xy_m(LINE.xy_m.mean(axis=0)))
    write_layers(directory / "site", (lon, lat))
    core = make_core(
        directory, script, msgspec.structs.replace(what, map_layers=LAYERS), ground=rough(3, 433, 60.0, 400.0)
    )
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


def walked(page: Any, *keys: tuple[str, int]) -> None:
    """Walk the cross and set a point."""
    for key, times in keys:
        for _ in range(times):
            page.keyboard.press(key)
    page.keyboard.press("Enter")


def test_layers_and_tools_by_keyboard(browser: Any, desk: tuple[Served, int]) -> None:
    page, errors, hosts = opened(browser, desk)
    assert page.inner_text("[data-testid=unreadable-layers]") == "Cannot be shown: Old maps"
    assert page.inner_text("[data-testid=attribution]").split("\n") == ["© Survey 2026", "© Road office"]
    page.keyboard.press("KeyB")
    page.wait_for_selector("[data-testid=layers]")
    assert "gone.pmtiles no such file" in page.inner_text("[data-testid=layer-problem]")
    shoot(page, "layers-en.png")
    assert barriers(page) == []
    page.keyboard.press("Space")  # the first of the list has the focus
    until(page, "document.querySelector('[data-testid=hidden-layers]')?.textContent.includes('صور 2026')")
    assert "Survey" not in page.inner_text("[data-testid=attribution]")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    until(page, "document.querySelector('[data-testid=layers]') === null")

    page.keyboard.press("KeyM")
    walked(page, ("ArrowRight", 5))
    walked(page, ("ArrowUp", 8))
    walked(page, ("ArrowLeft", 9))
    until(page, "document.querySelectorAll('.tool tr').length === 4")
    assert re.search(r"Distance \d+ m\s+Height difference .+ m\s+Area [\d.]+ k?m²", page.inner_text(".tool .sum"))
    assert re.search(r"38S [A-Z]{2} \d{4} \d{4}", page.inner_text(".tool table"))
    shoot(page, "measure-en.png")
    page.keyboard.press("Backspace")
    until(page, "document.querySelectorAll('.tool tr').length === 3")
    page.keyboard.press("Escape")

    page.keyboard.press("KeyI")
    page.keyboard.press("Enter")
    walked(page, ("ArrowUp", 6), ("ArrowRight", 8))
    page.wait_for_selector("[data-testid=sight-answer][data-answer=hidden]")
    shoot(page, "sight-en.png")
    page.fill("[name=eye_m]", "900")
    page.press("[name=eye_m]", "Enter")
    page.wait_for_selector("[data-testid=sight-answer][data-answer=seen]")
    page.focus("[data-testid=chart]")
    page.keyboard.press("ArrowRight")
    until(
        page, "/: ground .* seen from 0.0 m up/.test(document.querySelector('[data-testid=sight-mark]').textContent)"
    )
    assert barriers(page) == []
    page.keyboard.press("Escape")

    page.keyboard.press("Slash")
    page.keyboard.type("horizon")
    page.keyboard.press("Enter")
    page.click("[data-testid=tool-tower]")
    page.wait_for_selector("[data-testid=horizon-mark] b")
    assert page.input_value("[name=eye_m]") == "30"
    page.focus("[data-testid=chart]")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    until(page, "document.querySelector('[data-testid=horizon-mark] b').textContent === '030.0°'")
    shoot(page, "horizon-en.png")
    page.keyboard.press("Escape")
    until(page, "document.querySelector('[data-testid=tool]') === null")
    assert errors == []
    assert hosts <= {f"127.0.0.1:{desk[1]}", ""}


def test_a_sheet_is_printed_in_arabic(browser: Any, desk: tuple[Served, int]) -> None:
    page, errors, hosts = opened(browser, desk, "/?lang=ar")
    page.wait_for_timeout(1000)
    shoot(page, "map-ar.png")
    page.keyboard.press("KeyR")
    page.wait_for_selector("[data-testid=sheet][data-state=drawn]", timeout=60_000)
    page.keyboard.type("قطاع الشمال")
    page.fill("[name=mark]", "مقيّد")
    until(page, "document.querySelector('.paper h3').textContent.includes('قطاع الشمال')")
    assert page.locator(".paper .marks b").all_inner_texts() == ["مقيّد", "محاكاة"] * 2
    assert page.evaluate("document.querySelector('watch-queue').closest('[inert]') !== null")
    assert barriers(page) == []
    shoot(page, "sheet-ar.png")
    with page.expect_download(timeout=60_000) as got:
        page.click("[data-testid=sheet-pdf]")
    assert Path(got.value.path()).read_bytes()[:5] == b"%PDF-"
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    if directory := os.environ.get("WATCHLINE_SCREENSHOTS"):
        (Path(directory) / "print-ar.pdf").write_bytes(printed)
        got.value.save_as(Path(directory) / "sheet-ar.pdf")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 1047, "height": 718})
        shoot(page, "print-ar.png")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.keyboard.press("Escape")
    until(
        page, "document.querySelector('[data-testid=sheet]') === null && document.querySelector('[inert]') === null"
    )
    assert errors == []
    assert hosts <= {f"127.0.0.1:{desk[1]}", "", "blob:"} | {h for h in hosts if h.startswith("blob")}
