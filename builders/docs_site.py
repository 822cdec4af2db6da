"""The documentation as a site: `python builders/docs_site.py OUT`, offline, with MkDocs (`requirements/docs.txt`).

Pages keep their places in the tree, so that every link is the same here and where the source is read.  What is a
page, and in which order, is said in one place: docs/README.md and the lists it names.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
START = Path("docs/README.md")
LINK = re.compile(r"^- \[([^\]]+)\]\(([^)#]+)\)", re.MULTILINE)
AWAY = re.compile(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=\"https?://[^\"]+\"|url\(['\"]?https?://[^)]+\)")


def pages(root: Path = ROOT) -> list[Path]:
    """Return every page of the documentation, relative to the root."""
    patterns = ("*.md", "docs/**/*.md", "design/*.md", "examples/**/*.md", "benchmarks/*.md")
    return sorted(path.relative_to(root) for pattern in patterns for path in root.glob(pattern))


def navigation(page: Path = START, root: Path = ROOT) -> list[dict[str, Any]]:
    """Return MkDocs' navigation of a list of pages: a section for each heading, a list for each list it names."""
    text = (root / page).read_text(encoding="utf-8")
    head, *sections = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    nav = [*_entries(head, page, root)]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        nav.append({title: _entries(body, page, root)})
    return nav


def _entries(text: str, page: Path, root: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for title, target in LINK.findall(text):
        path = _joined(page.parent, target)
        below = navigation(path, root) if path.name == "README.md" and path.parent != Path() else []
        entries.append({title: [{title: str(path)}, *below] if below else str(path)})
    return entries


def _joined(folder: Path, target: str) -> Path:
    parts: list[str] = []
    for part in (*folder.parts, *target.split("/")):
        if part == "..":
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    return Path(*parts)


def build(out: Path) -> None:
    """Write the site into `out`; SystemExit when a page asks the network for anything."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "pages"
        pictures = [p.relative_to(ROOT) for p in ROOT.glob("docs/**/*") if p.suffix in (".png", ".svg", ".webp")]
        pictures += [p.relative_to(ROOT) for p in ROOT.glob("examples/**/*.png")]
        for path in (*pages(), *pictures, Path("LICENSE")):
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, source / path)
        settings = {
            "site_name": "Watchline",
            "docs_dir": str(source),
            "site_dir": str(out.resolve()),
            "use_directory_urls": False,
            "theme": {"name": "mkdocs", "highlightjs": False, "color_mode": "auto"},
            "plugins": ["search"],
            "markdown_extensions": ["tables", "fenced_code", "attr_list", "toc"],
            "nav": [{"Watchline": "README.md"}, {"Documentation": str(START)}, *navigation()],
            "validation": {"omitted_files": "warn", "absolute_links": "warn", "anchors": "warn"},
        }
        config = Path(scratch) / "mkdocs.yml"
        config.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
        subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", config], check=True)
    asks = [
        f"{page.name}: {found}" for page in out.rglob("*.html") for found in AWAY.findall(page.read_text("utf-8"))
    ]
    asks += [
        f"{sheet.name}: {found}" for sheet in out.rglob("*.css") for found in AWAY.findall(sheet.read_text("utf-8"))
    ]
    if asks:
        raise SystemExit("asks the network: " + "; ".join(asks[:5]))


if __name__ == "__main__":
    build(Path(sys.argv[1]))
    print(f"{sys.argv[1]}/index.html")
