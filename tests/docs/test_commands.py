"""What the pages tell a reader to type does what they say: every block of commands is run, or says why not."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
import rasterio
from commands import COMMAND, Block, blocks
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter

from running import RunningWatchline
from watchline.cli import VERBS, app, main

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "builders"))

from docs_site import pages  # noqa: E402

READ = [page for page in pages(ROOT) if "reference" not in page.parts and page.parts[0] != "design"]
TYPED = [page for page in READ if any(one.language == "sh" and one.mark != "not run" for one in blocks(ROOT / page))]


@pytest.mark.parametrize("page", READ, ids=str)
def test_no_block_of_commands_hides_from_the_test(page: Path) -> None:
    left = [one for one in blocks(ROOT / page) if one.mark != "not run"]
    hidden = [one.text for one in left if one.language != "sh" and COMMAND.search(one.text)]
    assert hidden == [], "tag it sh, or say <!-- not run: why -->"
    bare = [one.of for one in blocks(ROOT / page) if one.mark == "not run" and len(one.of) < 10]
    assert bare == [], "say why it is not run"


@pytest.mark.parametrize("page", READ, ids=str)
def test_every_verb_and_option_that_a_page_names_exists(page: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    said = re.findall(r"`(watchline [a-z][^`]*)`", text) + [
        line for one in blocks(ROOT / page) for line in one.commands
    ]
    wrong = []
    for line in said:
        words = re.sub(r"[\[\]]", " ", line).split()
        if not words or words[0] != "watchline" or len(words) < 2:
            continue
        verb = words[1]
        options = {word.split("=")[0].rstrip(",.;") for word in words[2:] if re.match(r"--[a-z]", word)}
        if verb not in VERBS or not {one.split("|")[0] for one in options} <= _options(verb):
            wrong.append(line)
    assert wrong == []


def _options(verb: str) -> set[str]:
    named = {name for one in app[verb].assemble_argument_collection() for name in one.names}
    return named | {"--help", "--weather.…"}


@pytest.mark.slow
@pytest.mark.parametrize("page", TYPED, ids=str)
def test_what_a_page_tells_to_type_works(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for block in blocks(ROOT / page):
        if block.mark == "not run":
            continue
        if block.mark == "needs":
            elevation(tmp_path / block.of)
        if block.mark in ("file", "append"):
            _write(tmp_path / block.of, block)
        elif block.mark == "until":
            _opens(block, tmp_path)
        elif block.language == "sh":
            for command in block.commands:
                _run(command)
    capsys.readouterr()


def _write(path: Path, block: Block) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if block.mark == "append" else "w", encoding="utf-8") as file:
        file.write(("\n" if block.mark == "append" else "") + block.text)


def _run(command: str) -> None:
    """Run a line: a verb inside this process, which spares three seconds of starting up, anything else in a shell."""
    if not command.startswith("watchline ") or any(sign in command for sign in "|>&;"):
        subprocess.run(["bash", "-euo", "pipefail", "-c", command], check=True, timeout=300)
        return
    with pytest.raises(SystemExit) as stop:
        main(shlex.split(command, comments=True)[1:])
    assert stop.value.code in (0, None), command


def _opens(block: Block, folder: Path) -> None:
    """Run a console until its page has been fetched by the link that it prints."""
    (command,) = block.commands
    site = shlex.split(command)[2:]
    with RunningWatchline(*site, ledger=folder / "console-ledger") as running, httpx.Client() as client:
        page = client.get(running.link(), follow_redirects=True)
        assert page.status_code == 200
        assert client.get(f"http://127.0.0.1:{running.port}/api/site").status_code == 200


def elevation(path: Path) -> None:
    """Write hills in degrees of WGS 84, three arc seconds apart, as an elevation file from elsewhere comes."""
    rng, size, step_deg = np.random.default_rng(3), 560, 1 / 1200
    height_m = 300.0 + sum(
        relief * cells * gaussian_filter(rng.normal(size=(size, size)), cells)
        for cells, relief in ((50.0, 110.0), (20.0, 40.0), (7.0, 12.0))
    )
    where = from_origin(19.82, 45.25, step_deg, step_deg)
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype="float32", crs="EPSG:4326", transform=where
    ) as file:
        file.write(height_m.astype(np.float32), 1)
