"""The moving picture of the README, of the product's own screen: `python builders/moving_picture.py OUT.webp`.

Starts the demonstration line three times faster than life, waits until somebody is expected at the line, and takes a
picture every second.  Needs a Chromium and a built console; the file is kept under a megabyte and a half.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from running import RunningWatchline  # noqa: E402

SCREEN = {"width": 1360, "height": 850}
WIDE_PX, FRAMES, EVERY_MS, SHOWN_MS = 820, 22, 1000, 350
SPEED = "3"
LONGEST_MS = 300_000
BYTES_MOST = 1_500_000
QUIET = ["--no-sandbox", "--disable-background-networking"]


def frames(link: str) -> list[Image.Image]:
    """Return pictures of the Watch screen, then of the line over time."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        page = browser.new_page(viewport=SCREEN)
        page.goto(link)
        page.get_by_text("Crossing expected").first.wait_for(timeout=LONGEST_MS)
        taken = []
        for number in range(FRAMES):
            if number == FRAMES - 5:
                page.keyboard.press("v")
            page.wait_for_timeout(EVERY_MS)
            taken.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        lost = page.get_by_text("No connection").is_visible()
        browser.close()
    if lost:
        raise SystemExit("the screen lost its core: a busy machine, try again")
    high = round(WIDE_PX * SCREEN["height"] / SCREEN["width"])
    return [one.resize((WIDE_PX, high), Image.Resampling.LANCZOS) for one in taken]


def main() -> None:
    """Write the picture; SystemExit when it is too large."""
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        words = ("--speed", SPEED, "--fidelity", "detections")
        with RunningWatchline(*words, ledger=Path(scratch) / "ledger") as running:
            taken = frames(running.link())
    first, *more = taken
    first.save(out, save_all=True, append_images=more, duration=SHOWN_MS, loop=0, quality=55, method=4)
    if out.stat().st_size > BYTES_MOST:
        raise SystemExit(f"{out} has {out.stat().st_size} bytes, at most {BYTES_MOST}")
    print(f"{out}: {len(taken)} frames, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
