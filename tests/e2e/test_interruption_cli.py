from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from watchline.cli import main

HEADER = "task,p_detect,delay_s,delay_sd_s,where\n"
GARCIA = HEADER + (
    "fence,0,10,3,B\nrun,0,12,3.6,B\ndoor,.9,90,27,B\nrun,0,10,3,B\ninner door,.9,90,27,B\nsabotage,0,120,36,B\n"
)
RESPONSE = ("--p-comm", "0.95", "--response-s", "300", "--response-sd-s", "90")


def run(table: Path, *argv: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["interruption", str(table), *argv])
    return int(stop.value.code or 0)


def table(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "path.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_garcias_sample(tmp_path, capsys):
    assert run(table(tmp_path, GARCIA), *RESPONSE) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "P_I 0.4760"
    assert "critical detection point: door" in lines


def test_json_is_one_object(tmp_path, capsys):
    assert run(table(tmp_path, GARCIA), *RESPONSE, "--json") == 0
    out = json.loads(capsys.readouterr().out)
    assert out["p_interruption"] == pytest.approx(0.4760, abs=5e-5)
    assert (out["critical_task"], out["critical_index"], len(out["tasks"])) == ("door", 2, 6)


def test_a_picture_for_those_who_do_not_read_tables(tmp_path, capsys):
    out = tmp_path / "path.png"
    assert run(table(tmp_path, GARCIA), *RESPONSE, "--png", str(out)) == 0
    picture = cv2.imread(str(out))
    assert picture.shape[1] == 1200
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 10
    assert run(table(tmp_path, GARCIA), *RESPONSE, "--png", str(tmp_path / "no" / "path.png")) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_spreadsheets_write_it_a_little_differently(tmp_path, capsys):
    """Byte order mark, CRLF, blank lines, spaces, columns in another order."""
    rows = [line.split(",") for line in GARCIA.splitlines()]
    text = "\r\n".join(" , ".join(reversed(row)) for row in rows) + "\r\n\r\n"
    assert run(table(tmp_path, text.encode("utf-8-sig")), *RESPONSE) == 0
    assert capsys.readouterr().out.startswith("P_I 0.4760")


BAD = [
    (HEADER + "door,1.2,90,27,B\n", "row 2: p_detect: must be in 0..1, got 1.2"),
    (HEADER + "fence,0,1,1,B\ndoor,0.5,-90,27,B\n", "row 3: delay_s: must be >= 0 and finite, got -90"),
    (HEADER + "door,0.5,90,inf,B\n", "row 2: delay_sd_s: must be a finite number, got 'inf'"),
    (HEADER + "door,0.5,90,27,X\n", "row 2: where: must be B, M or E, got 'X'"),
    (HEADER + "door,high,90,27,B\n", "row 2: p_detect: must be a number, got 'high'"),
    (HEADER + "door,0.5,,27,B\n", "row 2: delay_s: must be a number, got ''"),
    (HEADER + ",0.5,90,27,B\n", "row 2: task: must have a name"),
    (HEADER + "door,0.5,90,27\n", "row 2: must have 5 fields, has 4"),
    (HEADER, "has no tasks below its header"),
    ("", "is empty"),
    ("task,p_detect,delay_s,where\ndoor,0.5,90,B\n", "row 1: delay_sd_s: column is missing"),
    (HEADER.strip() + ",extra\ndoor,0.5,90,27,B,1\n", "row 1: extra: is none of"),
    (HEADER.strip() + ",task\ndoor,0.5,90,27,B,1\n", "row 1: task: stands twice"),
    (b"\xff\xfe\x00", "must be text in UTF-8"),
    (HEADER + '"door,0.5,90,27,B\n', "must be CSV"),
]


@pytest.mark.parametrize(("text", "rule"), BAD)
def test_a_bad_table_is_one_line_and_two(tmp_path, capsys, text, rule):
    path = table(tmp_path, text)
    assert run(path, *RESPONSE) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"watchline: {path}: ")
    assert rule in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("--p-comm", "95", "--p-comm: must be in 0..1, got 95"),
        ("--response-s", "nan", "--response-s: must be >= 0"),
        ("--response-sd-s", "-1", "--response-sd-s: must be >= 0"),
    ],
)
def test_a_bad_response_is_one_line_and_two(tmp_path, capsys, option, value, rule):
    argv = list(RESPONSE)
    argv[argv.index(option) + 1] = value
    assert run(table(tmp_path, GARCIA), *argv) == 2
    assert rule in capsys.readouterr().err


def test_no_table_is_one_line_and_two(tmp_path, capsys):
    assert run(tmp_path / "none.csv", *RESPONSE) == 2
    assert run(tmp_path, *RESPONSE) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
