"""`watchline link`: JSON lines, and exit codes 0, 1, 2."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPLAY = Path(__file__).parents[1] / "replay"


def _link(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "watchline", "link", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_log_with_refusals_is_lines_and_exit_1() -> None:
    ran = _link("cot", REPLAY / "cot.log")
    assert ran.returncode == 1
    assert ran.stderr == ""
    kinds = [json.loads(line)["kind"] for line in ran.stdout.splitlines()]
    assert kinds.count("rejection") == 2
    assert "unit_place" in kinds


def test_a_message_file_that_is_sound_is_exit_0(tmp_path: Path) -> None:
    file = tmp_path / "event.xml"
    file.write_text(
        '<?xml version="1.0"?><event version="2.0" uid="a" type="a-f-G" how="m-g" time="2024-01-01T00:00:00Z" '
        'start="2024-01-01T00:00:00Z" stale="2024-01-01T00:01:00Z"><point lat="34" lon="42" hae="0" ce="1" le="1"/>'
        "<detail/></event>\n"
    )
    ran = _link("cot", file)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["unit"] == "a"


def test_sapient_is_read_in_its_json_form(tmp_path: Path) -> None:
    pytest.importorskip("sapient_msg")
    file = tmp_path / "ack.json"
    said = {
        "timestamp": "2023-07-07T12:44:17.027Z",
        "nodeId": "a8654cdf-4328-47de-81fa-c495589e30c8",
        "registrationAck": {"acceptance": True},
    }
    file.write_text(json.dumps(said))
    assert json.loads(_link("sapient", file).stdout)["state"] == "accepted"
    file.write_text(json.dumps([said, said | {"nodeId": "AAA"}, {"nonsense": 1}]))
    ran = _link("sapient", file, "--json")
    out = json.loads(ran.stdout)
    assert (ran.returncode, out["records"], out["rejected"]) == (1, 1, 2)
    assert "node_id" in out["items"][1]["rule"]
    file.write_text("{")
    assert _link("sapient", file).returncode == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("telegraph", b"x", "no such link"),
        ("cot", None, "no such file"),
        ("cot", b"", "is empty"),
        ("cot", b"# watchline-link-log 1\nrubbish\n", "line 2"),
    ],
)
def test_a_bad_name_or_file_is_one_line_and_exit_2(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    ran = _link(name, file)
    assert ran.returncode == 2
    assert len(ran.stderr.strip().splitlines()) == 1
    assert words in ran.stderr
