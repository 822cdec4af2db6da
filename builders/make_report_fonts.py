"""Make the two fonts of printed reports from the console's: Noto Sans Arabic with its own Latin letters, as TrueType.

The console's parts are split by script; a PDF needs one file with both, or digits would have no shape inside Arabic
lines.  Only the letters of Arabic, Sorani and Western European languages are kept.  Needs fonttools and brotli, and
`console/node_modules` (make setup with a stale console, or npm ci there).  The result is in the repository, its
licence (OFL 1.1) beside it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "console" / "node_modules" / "@fontsource-variable" / "noto-sans-arabic"
OUT = ROOT / "src" / "watchline" / "reports" / "fonts"
WEIGHTS = {"Regular": 400, "Bold": 700}
KEPT = [*range(0x20, 0x17F), *range(0x600, 0x700), *range(0x2010, 0x2030), 0x20AC, 0x2192, 0x2212]


def make(weight: int) -> TTFont:
    """Return one weight with both scripts."""
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for part in ("arabic", "latin"):
            font = TTFont(PACKAGE / "files" / f"noto-sans-arabic-{part}-wght-normal.woff2")
            still = instancer.instantiateVariableFont(font, {"wght": weight})
            still.flavor = None
            parts.append(f"{folder}/{part}.ttf")
            still.save(parts[-1])
        both = Merger().merge(parts)
    # hinting is for screens of long ago; a printed page has none
    subsetter = Subsetter(Options(hinting=False, layout_features=["*"]))
    subsetter.populate(unicodes=KEPT)
    subsetter.subset(both)
    return both


def main() -> int:
    """Write the fonts and their licence."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name, weight in WEIGHTS.items():
        make(weight).save(OUT / f"NotoSansArabic-{name}.ttf")
    shutil.copy(PACKAGE / "LICENSE", OUT / "OFL.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
