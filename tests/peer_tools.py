"""Where the real peers of links are: programs of other makes, in venvs of their own (`make peers`) or from Debian."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from watchline.domain.site import LinkSpec, Recipient, Sees
from watchline.geo.line import LineFrame
from watchline.ops.site_file import LoadedSite
from watchline.sim.demo import demo_site

PEERS = Path(os.environ.get("WATCHLINE_PEERS", Path(__file__).parents[1] / ".peers"))


def peer_program(venv: str, program: str) -> str:
    """Return a program of a peer's venv; without it the test is skipped by name, and fails where tests are gated."""
    path = PEERS / venv / "bin" / program
    return _wanted(str(path) if path.exists() else None, f"{path} (make peers)")


def debian_program(name: str, package: str) -> str:
    """Return a program of a Debian package, the same way."""
    return _wanted(shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin"), f"{name} ({package})")


def _wanted(found: str | None, what: str) -> str:
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"the peer is missing where tests are gated: {what}")
    pytest.skip(f"skipped: no {what}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def site_with(*links: LinkSpec, beside: Path = Path()) -> LoadedSite:
    """Return the short demonstration line with these links."""
    import msgspec

    demo = demo_site(1, length_m=12_000.0)
    line: LineFrame = demo.line
    all_of_ours = Recipient(id="ours", kind="own", sees=(Sees(),))
    site = msgspec.structs.replace(demo.site, links=links, recipients=(all_of_ours,))
    return LoadedSite(beside / "site.toml", site, line, [], {}, "0" * 64, "")
