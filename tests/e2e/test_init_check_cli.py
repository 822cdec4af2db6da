from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import answered, watchline

from builders import camera, site, write_site

SHARED = Path(__file__).parents[3] / "shared"


def _shared(pattern: str) -> Path:
    found = sorted(SHARED.rglob(pattern)) if SHARED.is_dir() else []
    if not found:
        pytest.skip("skipped: no shared data")
    return found[0]


@pytest.mark.slow
def test_the_demonstration_line_is_a_site_like_any_other(tmp_path: Path) -> None:
    made = watchline("init", tmp_path / "demo", "--demo", "--json")
    assert made.returncode == 0, made.stderr
    checked = watchline("check", json.loads(made.stdout)["site"], "--json")
    assert checked.returncode == 0
    assert json.loads(checked.stdout)["faults"] == []


def test_a_new_site_from_a_line_and_elevation_passes_its_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_site(tmp_path / "old", site(camera()))
    words = ("--line", tmp_path / "old" / "line.geojson", "--dem", tmp_path / "old" / "terrain.tif")
    assert answered(capsys, "init", tmp_path / "new", *words).returncode == 0
    assert answered(capsys, "check", tmp_path / "new").returncode == 0


def test_a_new_site_without_elevation_says_so_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_site(tmp_path / "old", site(camera()))
    assert answered(capsys, "init", tmp_path / "new", "--line", tmp_path / "old" / "line.geojson").returncode == 0
    checked = answered(capsys, "check", tmp_path / "new" / "site.toml")
    assert checked.returncode == 1
    assert checked.stdout.startswith("fault: site.toml: terrain.file: terrain.tif no such file")


def test_a_new_site_is_never_written_over_an_old_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_site(tmp_path / "old", site(camera()))
    before = path.read_bytes()
    again = answered(capsys, "init", tmp_path / "old", "--line", tmp_path / "old" / "line.geojson")
    assert again.returncode == 2
    assert path.read_bytes() == before


def test_the_shared_stretch_becomes_a_site_that_lacks_only_its_elevation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = _shared("stretch_200km.geojson")
    assert answered(capsys, "init", tmp_path / "new", "--line", line).returncode == 0
    checked = json.loads(answered(capsys, "check", tmp_path / "new", "--json").stdout)
    assert [fault["field"] for fault in checked["faults"]] == ["terrain.file"]


def test_the_shared_stretch_with_elevation_of_elsewhere_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line, dem = _shared("stretch_200km.geojson"), _shared("bigtujunga.tif")
    assert answered(capsys, "init", tmp_path / "new", "--line", line, "--dem", dem).returncode == 0
    checked = answered(capsys, "check", tmp_path / "new", "--json")
    assert checked.returncode == 1
    (fault,) = json.loads(checked.stdout)["faults"]
    assert "does not cover" in fault["rule"]


def test_made_up_ground_is_the_same_for_the_same_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_site(tmp_path / "old", site(camera()))
    words = ("--line", tmp_path / "old" / "line.geojson", "--ground")
    for name, seed in (("one", 7), ("again", 7), ("other", 8)):
        assert answered(capsys, "init", tmp_path / name, *words, seed).returncode == 0
    one, again, other = ((tmp_path / name / "terrain.tif").read_bytes() for name in ("one", "again", "other"))
    assert one == again
    assert one != other


def test_a_copy_of_a_site_is_whole_and_never_made_from_afar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_site(tmp_path / "old", site(camera()))
    assert answered(capsys, "init", tmp_path / "copy", "--like", tmp_path / "old").returncode == 0
    for name in ("site.toml", "line.geojson", "terrain.tif"):
        assert (tmp_path / "copy" / name).read_bytes() == (tmp_path / "old" / name).read_bytes()
    path.write_text(path.read_text().replace('"line.geojson"', '"../old/line.geojson"'))
    told = answered(capsys, "init", tmp_path / "far", "--like", tmp_path / "old")
    assert told.returncode == 2
    assert "is not beside it" in told.stderr


@pytest.mark.parametrize("words", [("--demo", "--like", "x"), ("--demo", "--ground", "1"), ()])
def test_init_wants_one_beginning(words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answered(capsys, "init", tmp_path / "new", *words).returncode == 2
