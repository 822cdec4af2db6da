"""Wheel and sdist as a stranger gets them: `python builders/check_release.py`.

Builds both, asks what must be in them, installs each into a bare environment without node, and lets it make a site,
check it and run it.  The sdist carries the console's bundle, so that a wheel is made of it without node.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
IN_WHEEL = ("watchline/cli/__init__.py", "watchline/server/console_dist/index.html", "watchline/py.typed")
IN_SDIST = (
    "src/watchline/server/console_dist/index.html", "console/package.json", "docs/README.md",
    "examples/park/site.toml",
    "deploy/systemd/watchline.service", "design/README.md", "tests/conftest.py", "LICENSE", "CHANGELOG.md",
)  # fmt: skip
NOT_IN = ("node_modules", ".venv", "__pycache__")


def main() -> None:
    """Build, look, install, use; SystemExit says what is wrong."""
    with tempfile.TemporaryDirectory() as scratch:
        dist = Path(scratch) / "dist"
        command = [sys.executable, "-m", "hatchling", "build", "-d", str(dist)]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
        with zipfile.ZipFile(wheel) as file:
            _holds(wheel.name, file.namelist(), IN_WHEEL)
        with tarfile.open(sdist) as archive:
            _holds(sdist.name, [name.partition("/")[2] for name in archive.getnames()], IN_SDIST)
        for number, package in enumerate((wheel, sdist)):
            _used(package, Path(scratch) / f"bare-{number}")
            print(f"{package.name}: installed and used, {package.stat().st_size / 2**20:.1f} MiB")


def _holds(package: str, names: list[str], wanted: tuple[str, ...]) -> None:
    missing = sorted(set(wanted) - set(names))
    strange = [name for name in names if any(part in name.split("/") for part in NOT_IN)]
    if missing or strange:
        raise SystemExit(f"{package}: lacks {missing}, holds {strange[:3]}")


def _used(package: Path, bare: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(bare)], check=True)
    # Nothing of this tree, and no node: only the environment's own programs can be found.
    passed = ("PIP_", "HTTP", "http", "SSL", "UV_")  # how this machine reaches a registry
    kept = {name: value for name, value in os.environ.items() if name.startswith(passed)}
    env = {**kept, "PATH": f"{bare}/bin", "HOME": str(bare), "WATCHLINE_CACHE": str(bare / "cache")}
    run = {"env": env, "cwd": bare, "check": True}
    subprocess.run([f"{bare}/bin/pip", "install", "--quiet", str(package)], **run)  # type: ignore[call-overload]
    (bare / "line.geojson").write_text('{"type": "LineString", "coordinates": [[20.0, 45.0], [20.05, 45.01]]}')
    site, example = bare / "site", ROOT / "examples/park"
    for words in (
        ["--version"], ["init", "own", "--line", "line.geojson", "--ground", "7"],
        ["init", str(site), "--like", str(example)], ["check", str(site)],
        ["run", str(site), "--headless", "--fidelity", "detections", "--for", "10", "--ledger", "ledger"],
        ["verify", "ledger"],
    ):  # fmt: skip
        subprocess.run([f"{bare}/bin/watchline", *words], stdout=subprocess.DEVNULL, **run)  # type: ignore[call-overload]


if __name__ == "__main__":
    main()
