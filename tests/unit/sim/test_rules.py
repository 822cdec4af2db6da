import ast
from pathlib import Path

import watchline.sim

ALLOWED = ("watchline.domain", "watchline.sim", "watchline.sensing.signature")
ALLOWED_GEO = {"watchline.geo.frame", "watchline.geo.line", "watchline.geo.terrain"}


def imports_of(path: Path) -> set[str]:
    out = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            # `from watchline.sensing import signature` names the module in its list.
            out |= {
                f"{node.module}.{a.name}" if node.module in ("watchline.sensing", "watchline.geo") else node.module
                for a in node.names
            }
        elif isinstance(node, ast.Import):
            out |= {a.name for a in node.names}
    return out


def test_the_simulator_imports_only_what_it_may():
    for path in Path(watchline.sim.__file__).parent.glob("*.py"):
        for name in imports_of(path):
            if name.startswith("watchline"):
                assert name.startswith(ALLOWED) or name in ALLOWED_GEO, f"{path.name}: {name}"


def test_the_simulator_reads_no_clock_and_no_global_randomness():
    for path in Path(watchline.sim.__file__).parent.glob("*.py"):
        names = imports_of(path)
        assert not names & {"time", "random", "secrets", "threading", "logging"}, path.name
        text = path.read_text(encoding="utf-8")
        assert "datetime.now" not in text
        assert "np.random.seed" not in text
