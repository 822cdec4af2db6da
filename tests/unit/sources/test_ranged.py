from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tile_server import Manners, serving

from watchline.domain.errors import BadInput
from watchline.sources import ranged, web
from watchline.sources.ranged import CHUNK, RangedFile
from watchline.sources.web import Absent

BYTES = np.random.default_rng(5).bytes(10 * CHUNK + 1234)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Manners]]:
    monkeypatch.setenv("WATCHLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(web, "PAUSE_S", 0.01)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "tile.tif").write_bytes(BYTES)
    with serving(tmp_path / "web") as (address, manners):
        yield f"{address}/tile.tif", manners


def gets(manners: Manners) -> list[str | None]:
    return [wanted for method, _, wanted in manners.requests if method == "GET"]


def test_a_window_costs_its_chunks_and_no_more(server: tuple[str, Manners]) -> None:
    url, manners = server
    with RangedFile(url) as file:
        assert file.read(3 * CHUNK + 7, CHUNK) == BYTES[3 * CHUNK + 7 : 4 * CHUNK + 7]
        assert not file.complete
    assert gets(manners) == [f"bytes={3 * CHUNK}-{5 * CHUNK - 1}"]


def test_what_was_fetched_is_not_fetched_again(server: tuple[str, Manners]) -> None:
    url, manners = server
    for _ in range(2):
        with RangedFile(url) as file:
            file.read(0, 2 * CHUNK)
    assert len(gets(manners)) == 1


def test_a_complete_file_needs_no_server(server: tuple[str, Manners]) -> None:
    url, manners = server
    with RangedFile(url) as file:
        assert file.read(0, len(BYTES) + 99) == BYTES
    manners.answer = 500
    before = len(manners.requests)
    with RangedFile(url) as file:
        assert file.complete
        assert file.read(0, len(BYTES)) == BYTES
    assert len(manners.requests) == before


def test_a_broken_connection_goes_on_where_it_stopped(server: tuple[str, Manners]) -> None:
    url, manners = server
    manners.breaks, manners.break_after = 2, 3 * CHUNK + 100
    with RangedFile(url) as file:
        assert file.read(0, len(BYTES)) == BYTES
    starts = [int(str(wanted).removeprefix("bytes=").split("-")[0]) for wanted in gets(manners)]
    assert starts == [0, 3 * CHUNK, 6 * CHUNK]


def test_a_connection_that_never_brings_anything_ends_in_one_line(server: tuple[str, Manners]) -> None:
    url, manners = server
    manners.breaks, manners.break_after = 1000, 10
    with RangedFile(url) as file, pytest.raises(BadInput, match="breaks off again and again"):
        file.read(0, 10)


def test_a_killed_reader_leaves_a_part_that_is_known_as_one_and_resumed(
    server: tuple[str, Manners], tmp_path: Path
) -> None:
    url, manners = server
    manners.slow_s = 0.05
    code = f"from watchline.sources.ranged import RangedFile\nf = RangedFile({url!r})\nprint('on', flush=True)\n"
    code += f"for k in range(11): f.read(k * {CHUNK}, {CHUNK}); print(k, flush=True)\n"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        while reader.stdout.readline() != "4\n":
            pass
        reader.send_signal(signal.SIGKILL)
    manners.slow_s = 0.0
    kept = json.loads(next((tmp_path / "cache").rglob("tile.tif.json")).read_text())["have"]
    assert "11111" <= kept < "1" * 11
    with RangedFile(url) as file:
        assert not file.complete
        assert file.read(0, len(BYTES)) == BYTES
    # Bytes sent do not tell: the server may still be answering the reader that is gone.
    asked = [part for method, _, part in manners.requests if method == "GET" and part is not None]
    assert f"bytes={kept.count('1') * CHUNK}-{len(BYTES) - 1}" in asked
    assert sum(part.startswith("bytes=0-") for part in asked) == 1


def test_a_file_cut_short_on_disk_is_not_taken_for_the_whole(server: tuple[str, Manners], tmp_path: Path) -> None:
    url, _ = server
    with RangedFile(url) as file:
        file.read(0, len(BYTES))
    os.truncate(next((tmp_path / "cache").rglob("tile.tif")), 2 * CHUNK)
    with RangedFile(url) as file:
        assert not file.complete
        assert file.read(0, len(BYTES)) == BYTES


def test_a_new_edition_on_the_server_is_begun_anew(server: tuple[str, Manners], tmp_path: Path) -> None:
    url, _ = server
    with RangedFile(url) as file:
        file.read(0, CHUNK)
    other = BYTES[::-1]
    (tmp_path / "web" / "tile.tif").write_bytes(other)
    with RangedFile(url) as file:
        assert file.read(0, len(other)) == other


def test_what_was_read_once_is_read_again_without_the_server(server: tuple[str, Manners]) -> None:
    url, manners = server
    with RangedFile(url) as file:
        file.read(2 * CHUNK, 100)
    manners.answer = 503
    with RangedFile(url) as file:
        assert file.read(2 * CHUNK, 100) == BYTES[2 * CHUNK : 2 * CHUNK + 100]
        with pytest.raises(BadInput, match="fails"):
            file.read(5 * CHUNK, 100)


def test_a_file_known_to_be_absent_stays_so_while_the_server_is_out_of_reach(
    server: tuple[str, Manners], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server[0] + ".none"
    with pytest.raises(Absent):
        RangedFile(url)
    monkeypatch.setattr(web, "TIMEOUT_S", 0.05)
    server[1].deaf_s = 0.2
    with pytest.raises(Absent):
        RangedFile(url)
    with pytest.raises(BadInput, match="no answer in time"):
        RangedFile(url + ".other")


def test_a_change_while_reading_is_said(server: tuple[str, Manners], tmp_path: Path) -> None:
    url, _ = server
    with RangedFile(url) as file:
        file.read(0, CHUNK)
        (tmp_path / "web" / "tile.tif").write_bytes(BYTES[::-1])
        with pytest.raises(BadInput, match="changed while it was read"):
            file.read(5 * CHUNK, CHUNK)


def test_a_server_without_ranges_sends_it_all_once(server: tuple[str, Manners]) -> None:
    url, manners = server
    manners.ranges = False
    with RangedFile(url) as file:
        assert file.read(5 * CHUNK, 10) == BYTES[5 * CHUNK : 5 * CHUNK + 10]
        assert file.complete
    assert len(gets(manners)) == 1


def test_a_file_that_is_not_there_is_absent(server: tuple[str, Manners]) -> None:
    with pytest.raises(Absent):
        RangedFile(server[0] + ".none")


@pytest.mark.parametrize(("answer", "says"), [(403, r"refuses it \(403\)"), (500, r"fails \(500\)"), (418, "418")])
def test_an_answer_that_is_none_is_one_line(server: tuple[str, Manners], answer: int, says: str) -> None:
    server[1].answer = answer
    with pytest.raises(BadInput, match=says):
        RangedFile(server[0])


def test_a_passing_failure_is_tried_again(server: tuple[str, Manners]) -> None:
    server[1].fails = 2
    with RangedFile(server[0]) as file:
        assert file.read(0, 10) == BYTES[:10]


def test_no_answer_in_time_is_one_line(server: tuple[str, Manners], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUT_S", 0.05)
    monkeypatch.setattr(web, "TRIES", 1)
    server[1].slow_s = 0.3
    with pytest.raises(BadInput, match="no answer in time"):
        RangedFile(server[0])


def test_a_server_that_does_not_say_the_length_is_refused(server: tuple[str, Manners]) -> None:
    server[1].tells_length = False
    with pytest.raises(BadInput, match="how long it is"):
        RangedFile(server[0])


def test_a_second_process_waits_for_the_first(server: tuple[str, Manners]) -> None:
    url, manners = server
    code = f"from watchline.sources.ranged import RangedFile\nRangedFile({url!r}).read(0, {len(BYTES)})\n"
    with RangedFile(url) as file, subprocess.Popen([sys.executable, "-c", code]) as second:
        time.sleep(0.5)
        assert second.poll() is None
        file.read(0, len(BYTES))
        file.__exit__()
        assert second.wait(20) == 0
    assert len(gets(manners)) == 1


def test_a_cache_that_cannot_be_written_is_one_line(
    server: tuple[str, Manners], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WATCHLINE_CACHE", str(tmp_path / "file"))
    with pytest.raises(BadInput, match="WATCHLINE_CACHE"):
        RangedFile(server[0])


def test_progress_is_told_to_who_asks(server: tuple[str, Manners]) -> None:
    told: list[tuple[str, int, int]] = []
    token = ranged.watching.set(lambda *words: told.append(words))
    with RangedFile(server[0]) as file:
        file.read(0, len(BYTES))
    ranged.watching.reset(token)
    assert told[-1] == ("tile.tif", len(BYTES), len(BYTES))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
