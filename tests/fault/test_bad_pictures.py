"""Broken picture inputs: one clear line, exit 2, and what is readable is processed."""

import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from unit.sources.picture_files import make_cptv, make_folder, make_video
from unit.vision.scenes import pictures
from watchline.cli import main
from watchline.domain.errors import BadInput
from watchline.sources.pictures import Cut, open_pictures


def _read(path):
    with open_pictures(str(path)) as source:
        return list(source)


def _cut(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"nothing\.mp4: there is no such"):
        _read(tmp_path / "nothing.mp4")


@pytest.mark.parametrize("name", ["a.mp4", "a.cptv", "a.png", "a.avi"])
def test_an_empty_file_is_named(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(BadInput, match=f"{name}: the file is empty"):
        _read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.mp4", "a.cptv", "a.png", "a"])
def test_a_text_file_is_no_picture(tmp_path, name):
    (tmp_path / name).write_text("hello " * 50)
    with pytest.raises(BadInput, match=name):
        _read(tmp_path / name)


def test_a_folder_without_pictures_is_named(tmp_path):
    with pytest.raises(BadInput, match="no pictures"):
        _read(tmp_path)


def test_the_picture_that_cannot_be_read_is_named(tmp_path):
    folder = make_folder(tmp_path / "f")
    (folder / "f1.png").write_bytes(b"not a picture")
    with pytest.raises(BadInput, match=r"f1\.png: the picture cannot be decoded"):
        _read(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="skipped: root may read everything")
def test_a_forbidden_file_is_named(tmp_path):
    path = make_video(tmp_path / "v.mp4")
    path.chmod(0)
    with pytest.raises(BadInput, match="permission"):
        _read(path)


def test_a_cut_mp4_cannot_be_opened_and_says_why(tmp_path):
    with pytest.raises(BadInput, match="cut while recording"):
        _read(_cut(make_video(tmp_path / "v.mp4"), 0.6))


def test_a_cut_avi_yields_what_is_readable(tmp_path):
    path = _cut(make_video(tmp_path / "v.avi", code="MJPG"), 0.6)
    seen = []
    with pytest.raises(Cut, match="the file is cut") as caught, open_pictures(str(path)) as source:
        seen.extend(frame.number for frame in source)
    assert 0 < len(seen) < 30
    assert caught.value.read == len(seen)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_a_cut_cptv_yields_what_is_readable(tmp_path, share):
    path = _cut(make_cptv(tmp_path / "c.cptv"), share)
    seen = []
    with pytest.raises(Cut) as caught, open_pictures(str(path)) as source:
        seen.extend(frame.number for frame in source)
    assert caught.value.read == len(seen) > 0


def test_the_command_says_one_line_and_leaves_with_2(tmp_path):
    path = _cut(make_video(tmp_path / "v.avi", code="MJPG"), 0.6)
    out = tmp_path / "o.jsonl"
    command = [sys.executable, "-m", "watchline", "detect", str(path), "--out", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "is cut" in done.stderr
    assert json.loads(done.stdout)["cut"]["frames_read"] > 0
    assert out.exists()


def test_pictures_of_two_sizes_start_a_new_background(tmp_path):
    folder = make_folder(tmp_path / "f")
    cv2.imwrite(str(folder / "f9.png"), np.zeros((40, 50), np.uint8))
    assert len(_read(folder)) == 4


def test_detect_never_writes_over_its_input(tmp_path):
    film = tmp_path / "only.png"
    cv2.imwrite(str(film), np.full((64, 64), 90, np.uint8))
    before = film.read_bytes()
    for option in ("--out", "--annotated"):
        arguments = ["detect", str(film), "--out", str(tmp_path / "x.jsonl"), option, str(film)]
        if option == "--out":
            arguments = ["detect", str(film), "--out", str(film)]
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        assert film.read_bytes() == before


def _said(capsys, source, folder):
    with pytest.raises(SystemExit) as ended:
        main(["detect", str(source), "--out", str(folder / "o.jsonl"), "--json"])
    assert ended.value.code in (0, None)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("worst", "fault"),
    [
        (np.zeros((96, 128), np.uint8), "black"),
        (np.full((96, 128), 255, np.uint8), "saturated"),
        (np.full((96, 128), 16383, np.uint16), "saturated"),
    ],
)
def test_a_film_that_turns_black_or_white_says_so(tmp_path, capsys, worst, fault):
    folder = tmp_path / "f"
    folder.mkdir()
    for n, picture in enumerate(pictures(30)):
        deep = picture if worst.dtype == np.uint16 else ((picture - 2000) // 8).astype(np.uint8)
        if fault == "saturated" and worst.dtype == np.uint16:
            deep = np.where(np.arange(128) < 40, worst, deep).astype(np.uint16) if n >= 10 else deep
        elif n >= 10:
            deep = worst
        cv2.imwrite(str(folder / f"{n}.png"), deep)
    said = _said(capsys, folder, tmp_path)
    assert [f["fault"] for f in said["faults"]] == [fault]
    assert said["health"] == "blind"


def test_a_folder_whose_pictures_change_size_or_depth_says_so(tmp_path, capsys):
    folder = tmp_path / "f"
    folder.mkdir()
    for n, picture in enumerate(pictures(30)):
        cv2.imwrite(str(folder / f"{n}.png"), picture[: 80 if n > 15 else 96])
    assert [f["fault"] for f in _said(capsys, folder, tmp_path)["faults"]] == ["size"]
    for n, picture in enumerate(pictures(30)):
        cv2.imwrite(str(folder / f"{n}.png"), picture if n < 15 else (picture // 32).astype(np.uint8))
    assert [f["fault"] for f in _said(capsys, folder, tmp_path)["faults"]] == ["depth"]


def test_a_recorder_whose_clock_is_set_back_says_so(tmp_path, capsys):
    path = make_cptv(tmp_path / "c.cptv", 40, set_back_at=20)
    said = _said(capsys, path, tmp_path)
    assert [f["fault"] for f in said["faults"]] == ["clock_back"]
    assert said["frames"] == 39
