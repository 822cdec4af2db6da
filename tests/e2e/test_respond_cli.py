"""`watchline respond`: isochrones and gaps of a site, bad input in one line."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from builders import site, write_site
from watchline.cli import main
from watchline.domain.site import Unit

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = site(posts_sd_m={"B1": (2000.0, 300.0), "B2": (5000.0, 300.0)})
    posts = tuple(msgspec.structs.replace(p, kind="blocking_position") for p in made.posts)
    checkpoint = msgspec.structs.replace(
        posts[0], id="C1", kind="checkpoint_fixed", hours=((6.0, 18.0),), observers=0
    )
    posts = (posts[0], msgspec.structs.replace(posts[1], hours=((0.0, 12.0), (13.0, 24.0))))
    what = msgspec.structs.replace(
        made,
        posts=(*posts, checkpoint),
        units=(Unit(id="Q1", kind="reserve", organisation="own", post="B1", speed_m_s=5.0),),
    )
    return write_site(tmp_path_factory.mktemp("line"), what)


def run(*argv: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["respond", *map(str, argv)])
    return int(stop.value.code or 0)


def test_isochrones_grow_and_stay_at_home(line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "reach.geojson"
    assert run("reach", line, "--unit", "Q1", "--minutes", "2,5", "--out", out, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert 0.0 < said["area_km2"][0] < said["area_km2"][1]
    assert run("reach", line, "--unit", "Q1", "--minutes", "5", "--night", "--json") == 0
    assert json.loads(capsys.readouterr().out)["area_km2"][0] < said["area_km2"][1]
    shapes = json.loads(out.read_text())["features"]
    north = max(lat for f in shapes for ring in f["geometry"]["coordinates"] for _, lat in ring)
    assert north < 33.6005  # the line, due east at 33.6 N; outside is north


def test_the_ways_round_a_checkpoint(line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "round.geojson"
    assert run("checkpoints", line, "--out", out, "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["checkpoints"]
    assert (found["id"], found["surface"], found["hours"]) == ("C1", "", [[6.0, 18.0]])
    near, far = (r for r in found["rounds"] if r["class"] == "vehicle")
    assert (near["keep_m"], far["keep_m"]) == (300.0, 1000.0)
    assert 0.0 <= near["extra_s"] < far["extra_s"]
    assert len(json.loads(out.read_text())["features"]) == 6
    assert run("checkpoints", line, "--stretch", "7:9") == 0
    assert "no checkpoint" in capsys.readouterr().out


def test_gaps_by_class_and_hour(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("blocking", line, "--json") == 0
    gaps = json.loads(capsys.readouterr().out)["gaps"]
    relief = [g for g in gaps if g["hours"] == [12] and g["class"] == "walker"]
    assert [(g["left"], g["right"]) for g in relief] == [("", "B1"), ("B1", "")]
    night = [g for g in gaps if not g["day"] and g["class"] == "walker" and g["left"] == "B1"]
    day = [g for g in gaps if g["day"] and g["class"] == "walker" and (g["left"], g["right"]) == ("B1", "B2")]
    assert all(n["worst"] >= d["worst"] for n in night for d in day)
    assert all(0.0 <= g["mean"] <= g["worst"] <= 1.0 for g in gaps)
    assert any(g["closer"] == "Q1" and g["closer_s"] > 0 for g in gaps)
    assert run("blocking", line, "--stretch", "7:9") == 0
    assert "no post" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "field"),
    [
        (("reach", "SITE", "--unit", "X"), "--unit"), (("blocking", "SITE", "--stretch", "9:2"), "--stretch"),
        (("reach", "SITE", "--unit", "Q1", "--minutes", "a"), "--minutes"),
        (("blocking", "SITE", "--visibility-m", "0"), "--vis"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(
    line: Path, argv: tuple[str, ...], field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*(str(line) if word == "SITE" else word for word in argv)) == 2
    said = capsys.readouterr().err.strip()
    assert field in said
    assert "\n" not in said
