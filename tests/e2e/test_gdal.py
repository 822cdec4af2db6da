"""GDAL, on which QGIS stands, opens the features of a running core and a GeoPackage of ours (Debian's gdal-bin)."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core_builders import ticks, walker_seen_by_radar
from served import Served, running, serve
from watchline.links.maps import geopackage
from watchline.server.features import collections_of
from watchline.server.run import ServerThread

OGRINFO = shutil.which("ogrinfo")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(OGRINFO is None, reason="skipped: no ogrinfo (gdal-bin)")]


def ogrinfo(*arguments: str) -> str:
    ran = subprocess.run([str(OGRINFO), *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "ERROR" not in ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    served = serve(tmp_path, walker_seen_by_radar)
    ticks(served.core, 60)
    yield served
    served.core.close()


def test_gdal_reads_every_layer_of_the_features_with_the_key_as_its_password(desk: Served) -> None:
    server = ServerThread(desk.app, 0)
    try:
        access = desk.as_operator().get("/api/features").json()
        with running(desk.core):
            there = f"OAPIF:http://127.0.0.1:{server.port}/ogc"
            login = ["--config", "GDAL_HTTP_USERPWD", f"{access['user']}:{access['password']}"]
            layers = ogrinfo("-ro", *login, there)
            for one in collections_of(desk.core):
                assert re.search(rf"^\d+: {one.id}\b", layers, re.M), layers
            line = ogrinfo("-ro", *login, there, "line")
            assert "Feature Count: 1" in line
            assert "LINESTRING (" in line
            assert 'GEOGCRS["WGS 84' in line
            tracks = ogrinfo("-ro", *login, there, "tracks")
            assert "Feature Count: 0" not in tracks
    finally:
        server.stop()


def test_gdal_reads_a_geopackage_of_ours(desk: Served, tmp_path: Path) -> None:
    shapes = [shape for one in collections_of(desk.core) for shape in one.shapes(desk.core)]
    path = tmp_path / "ours.gpkg"
    path.write_bytes(geopackage.file_of(shapes))
    told = ogrinfo("-ro", "-al", "-so", str(path))
    counts = [int(n) for n in re.findall(r"Feature Count: (\d+)", told)]
    assert sum(counts) == len(shapes)
    assert len(shapes) >= 3
