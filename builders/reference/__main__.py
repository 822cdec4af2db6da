"""Write docs/reference anew: `PYTHONPATH=builders:tests python -m reference`, which `make reference` does."""

from __future__ import annotations

import tempfile
from pathlib import Path

from reference.pages import pages
from served import serve

OUT = Path(__file__).parents[2] / "docs/reference"


def main() -> None:
    """Ask a core of a small site what its server answers, and write every page."""
    with tempfile.TemporaryDirectory() as scratch:
        served = serve(Path(scratch))
        described = served.as_operator().get("/api/openapi.json").json()
        served.core.close()  # it writes no more when its folder goes
    OUT.mkdir(exist_ok=True)
    for name, text in pages(described).items():
        (OUT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
