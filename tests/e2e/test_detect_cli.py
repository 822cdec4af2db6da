"""`watchline detect` from file to file, as a user calls it."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from unit.sources.picture_files import make_folder, make_video
from unit.vision.scenes import pictures, walker_at

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "thermal"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="skipped: no shared data")


def run(*arguments):
    command = [sys.executable, "-m", "watchline", "detect", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    for n, pixels in enumerate(pictures(70, walker_from=25, snr=8.0)):
        cv2.imwrite(str(folder / f"p{n}.png"), pixels)
    return folder


@pytest.mark.slow
def test_a_tiff_of_many_pages_is_a_sequence_and_no_still(tmp_path):
    pages = tmp_path / "walk.tif"
    cv2.imwritemulti(str(pages), pictures(70, walker_from=25, snr=8.0))
    done = run(pages, "--out", tmp_path / "o.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["confirmed"] >= 1
    assert all(line["track"] is not None for line in lines(tmp_path / "o.jsonl"))


@pytest.mark.slow
def test_a_folder_of_16_bit_pictures_gives_the_lines_of_the_contract(walk, tmp_path):
    camera = tmp_path / "cam.toml"
    camera.write_text("rate_hz = 9.0\n")
    out, masks, video = tmp_path / "o.jsonl", tmp_path / "m", tmp_path / "a.webm"
    done = run(walk, "--out", out, "--camera", camera, "--masks", masks, "--annotated", video, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    summary = json.loads(done.stdout)
    assert summary["frames"] == 70
    assert 1 <= summary["confirmed"] <= 2
    last = max(lines(out), key=lambda line: (line["frame"], line["score"]))
    assert list(last) == ["frame", "file", "t_s", "x_px", "y_px", "bbox_px", "score", "class", "track"]
    assert last["file"] == f"p{last['frame']}.png"
    assert last["t_s"] == pytest.approx(last["frame"] / 9.0, abs=1e-3)
    x, y = walker_at(last["frame"] - 25)
    assert abs(last["x_px"] - x) < 2
    assert abs(last["y_px"] - y) < 2
    mask = cv2.imread(str(masks / "p69.png"), cv2.IMREAD_UNCHANGED)
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 255}
    assert cv2.VideoCapture(str(video)).read()[0]


@pytest.mark.slow
def test_all_gives_more_candidates(walk, tmp_path):
    run(walk, "--out", tmp_path / "a.jsonl")
    done = run(walk, "--out", tmp_path / "b.jsonl", "--all")
    assert "health:" in done.stdout
    assert len(lines(tmp_path / "b.jsonl")) > len(lines(tmp_path / "a.jsonl"))


@pytest.mark.slow
def test_stills_are_independent(walk, tmp_path):
    done = run(walk, "--out", tmp_path / "o.jsonl", "--stills", "--all", "--json")
    assert done.returncode == 0
    assert all(line["track"] is None for line in lines(tmp_path / "o.jsonl"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("speed = 3\n", "speed: unknown key"), ("rate_hz = 'x'\n", "rate_hz: must be a number"),
        ("mode = 'fast'\n", "mode"), ("masks = [[1, 2]]\n", "polygons"), ("= 3\n", "TOML"),
    ],
)  # fmt: skip
def test_a_wrong_camera_file_is_one_line(tmp_path, text, says):
    camera = tmp_path / "cam.toml"
    camera.write_text(text)
    done = run(make_folder(tmp_path / "f"), "--out", tmp_path / "o", "--camera", camera)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    done = run(make_video(tmp_path / "v.mp4"), "--out", tmp_path / "no" / "o.jsonl")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


@needs_shared
@pytest.mark.shared
@pytest.mark.slow
def test_animals_at_night_are_confirmed(tmp_path):
    for name in ("hedgehog", "clip_possum"):
        done = run(SHARED / "cptv" / f"{name}.cptv", "--out", tmp_path / "o.jsonl", "--json")
        assert json.loads(done.stdout)["confirmed"] >= 1


@needs_shared
@pytest.mark.shared
@pytest.mark.slow
def test_a_distant_drone_is_followed(tmp_path):
    clip = next(iter(sorted((SHARED / "drone_ir").glob("IR_DRONE_07*.mp4"))))
    truth = json.loads((SHARED / "drone_ir" / "gt.json").read_text())[clip.stem]["frames"]
    run(clip, "--out", tmp_path / "o.jsonl")
    hit = set()
    for line in lines(tmp_path / "o.jsonl"):
        for box in truth[line["frame"]]:
            x, y, w, h = box["bbox"]
            if x - 4 <= line["x_px"] <= x + w + 4 and y - 4 <= line["y_px"] <= y + h + 4:
                hit.add(line["frame"])
    assert len(hit) > 0.5 * len(truth)


@pytest.mark.slow
def test_an_empty_scene_is_tuned_on(tmp_path):
    path = tmp_path / "empty.raw"
    path.write_bytes(b"".join(p.astype("<u2").tobytes() for p in pictures(260)))
    (tmp_path / "empty.raw.toml").write_text("width = 128\nheight = 96\nbits = 14\nrate_hz = 9.0\n")
    picture = tmp_path / "t.png"
    done = run(path, "--tune", picture, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["hours"] == pytest.approx(260 / 9 / 3600, rel=0.1)
    rates = [row["false_per_hour"] for row in said["rows"]]
    assert rates == sorted(rates, reverse=True)
    assert all(row["at_most_per_hour"] > row["false_per_hour"] for row in said["rows"])
    deepest = said["rows"][0]["p_detect"]
    assert deepest["8"] > deepest["2"]
    assert cv2.imread(str(picture)).shape[1] > 1000


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "--out: is missing"),
        (["--tune", "t.gif"], "must end in .png"),
        (["--out", "o.jsonl", "--model", "none.onnx"], "none.onnx"),
    ],
)
def test_options_that_make_no_sense_are_one_line(tmp_path, options, says):
    cv2.imwrite(str(tmp_path / "p.png"), np.zeros((64, 64), np.uint8))
    done = run(tmp_path / "p.png", *options)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert says in done.stderr
