"""A whole session in Arabic: every visible word of every page and state is Arabic or a name, every number reads left
to right, and what is copied holds no hidden marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from seated import manned_desk, seated

from served import Served
from watchline.domain.respond import Proposal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = ("command", "operations", "plan", "account", "maintain", "audit", "links", "releases")
KEPT_LATIN = re.compile(
    r"operation\.json|watchline [a-z]+ [a-z]+|Esc|Ctrl K|English|UTC|UTM|WGS 84|MGRS|JSON|PDF|CSV|GPX|KML|GeoJSON"
    r"|GeoPackage|OGC API|[0-9a-f]{12}|[A-Z]{1,3}-\d+|\d+[A-Z]( [A-Z]{2})?"
)
"""What is written in Latin letters in every language: keys, forms of files, versions, numbers of alerts, grids."""

# Every drawn text of canvases is kept beside what the document holds.
CANVAS = """
window.drawn = new Set();
const draw = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (words, ...rest) {
  drawn.add(words);
  return draw.call(this, words, ...rest);
};
"""
# Codes and the watermark of who looks stay as they are.
TEXTS = """
() => {
  const found = [...drawn].map((text) => ({ text, where: 'canvas' }));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const left = 'script, style, code, textarea, pre, .mark';
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const { parentElement: box, data } = node;
    if (data.trim() === '' || box.closest(left) || !box.checkVisibility({ visibilityProperty: true })) continue;
    found.push({ text: data.trim(), where: box.outerHTML.slice(0, 90) });
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
    const all = document.querySelectorAll(`[${name}]`);
    found.push(...Array.from(all, (node) => ({ text: node.getAttribute(name), where: name })));
  }
  return found;
}
"""
# A run of figures and their signs within one line: its letters must stand from left to right as they are read.
MIRRORED = """
() => {
  const wrong = [];
  const run = /[0-9A-Za-z][0-9A-Za-z:.,\\/%°×+–\\- ]*[0-9A-Za-z%°]/g;
  const box = (node, i) => {
    const at = document.createRange();
    at.setStart(node, i);
    at.setEnd(node, i + 1);
    return at.getBoundingClientRect();
  };
  const mirrored = (node, from, to) => {
    let [left, top] = [-Infinity, null];
    for (let i = from; i < to; i++) {
      if (!/[0-9A-Za-z%]/.test(node.data[i])) continue;
      const at = box(node, i);
      if (at.width === 0) continue;
      if (top !== null && Math.abs(at.top - top) < 4 && at.left < left - 0.5) return true;
      [left, top] = [at.left, at.top];
    }
    return false;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent.checkVisibility({ visibilityProperty: true }) || parent.closest('script, style, select')) continue;
    for (const { 0: found, index } of node.data.matchAll(run)) {
      if (!/[0-9]/.test(found) || !mirrored(node, index, index + found.length)) continue;
      wrong.push([found, node.data.slice(0, 80)]);
    }
  }
  return wrong;
}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int, Proposal]]:
    with manned_desk(tmp_path_factory.mktemp("arabic")) as desk:
        yield desk


def _names(served: Served) -> set[str]:
    """Return the words of names that the site gives: they stay as they are written."""
    site = served.core.loaded.site
    named = [
        *site.sensors,
        *site.posts,
        *site.units,
        *site.organisations,
        *site.sectors,
        *site.recipients,
        *site.places,
    ]
    words = " ".join([site.name, *(one.id for one in named), *(o.name for o in site.organisations)])
    people = " ".join(person.name for person in served.sessions.people)
    return set(re.findall(r"[A-Za-z]+", f"{words} {people} desk"))


def _look(page: Any, served: Served, where: str) -> list[str]:
    """Return what is not Arabic and no name, and which numbers are mirrored."""
    names, wrong = _names(served), list[str]()
    for found in page.evaluate(TEXTS):
        rest = KEPT_LATIN.sub(" ", found["text"])
        foreign = [word for word in re.findall(r"[A-Za-z]{2,}", rest) if word not in names]
        if foreign:
            wrong.append(f"{where}: {foreign} in {found['text'][:80]!r} ({found['where']})")
    wrong += [f"{where}: mirrored {run!r} in {line!r}" for run, line in page.evaluate(MIRRORED)]
    return wrong


def test_every_word_of_the_watch_screen_is_arabic(browser: Any, desk: tuple[Served, int, Proposal]) -> None:
    served, port, proposal = desk
    page, errors = seated(browser, served, port, "lead", "/?lang=ar", (1600, 1000))
    page.add_init_script(CANVAS)
    page.reload()
    page.wait_for_selector(f"[data-testid=alert-card][data-alert-id={proposal.alert}]", timeout=60_000)
    page.wait_for_selector("watch-map canvas.maplibregl-canvas", timeout=60_000)
    page.wait_for_selector("[data-testid=proposals]", timeout=60_000)
    wrong = _look(page, served, "card")
    choice = "[data-testid=choice] li"
    states = (
        ("keys", "Shift+Slash", ".help"),
        ("palette", "Slash", "[data-testid=palette] li"),
        ("log", "KeyJ", choice),
        ("shelf", "KeyK", choice),
        ("send", "KeyP", choice),
        ("group", "KeyG", choice),
        ("layers", "KeyB", "[data-testid=layers]"),
        ("sight", "KeyI", "[data-testid=tool]"),
        ("sheet", "KeyR", "[data-testid=sheet][data-state=drawn]"),
        ("over time", "KeyV", "[data-testid=over-time]"),
    )
    for name, key, sign in states:
        page.keyboard.press(key)
        page.wait_for_selector(sign)
        wrong += _look(page, served, name)
        page.keyboard.press("Escape")
    page.keyboard.press("KeyV")
    page.keyboard.press("KeyS")
    for tab in ("shift", "aside", "figures", "practice"):
        page.click(f"[data-page={tab}]")
        page.wait_for_timeout(500)
        wrong += _look(page, served, f"drawer {tab}")
    page.keyboard.press("Escape")
    page.keyboard.press("KeyN")
    page.wait_for_selector("[data-testid=alert-card][data-state=closed]", timeout=60_000)
    wrong += _look(page, served, "answered")
    assert not wrong, "\n".join(wrong)

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.ch p'))")
    page.keyboard.press("Control+KeyC")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"38S KC \d{4} \d{4}", copied)
    assert not re.search("[\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]", copied)
    assert errors == []


def test_every_word_of_the_pages_is_arabic_or_sorani(browser: Any, desk: tuple[Served, int, Proposal]) -> None:
    served, port, _ = desk
    page, errors = seated(browser, served, port, "lead", "/command?lang=ar", (1440, 1000))
    page.add_init_script(CANVAS)
    wrong = []
    for language in ("ar", "ckb"):
        for name in PAGES:
            page.goto(f"http://127.0.0.1:{port}/{name}?lang={language}")
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(500)
            wrong += _look(page, served, f"{name} {language}")
    assert not wrong, "\n".join(wrong)
    assert errors == []
