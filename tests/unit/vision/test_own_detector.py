"""Heads of users' own networks, tiles, and whose word a class is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from watchline.domain.frames import PixelDetection
from watchline.vision.own_detector import Network, boxes_of, detect, distinct, in_our_words, joined, tiles

NAMES = ("person", "car", "dog")
ROWS, COLS = 128, 160
# middle x, y, width, height, class, score
TRUTH = np.array([[40.0, 60.0, 8.0, 20.0, 0, 0.9], [100.0, 70.0, 30.0, 14.0, 1, 0.8], [20.0, 20.0, 9.0, 6.0, 2, 0.6]])


def logits(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(p / (1 - p)))


def outputs_of(head: str) -> list[NDArray[np.float32]]:
    n, c = 400, len(NAMES)
    box, score = np.tile([5.0, 5.0, 4.0, 4.0], (n, 1)), np.full((n, c), 1e-3)
    at = np.arange(len(TRUTH)) * 50 + 7
    box[at] = TRUTH[:, :4]
    score[at, TRUTH[:, 4].astype(int)] = TRUTH[:, 5]
    corner = TRUTH[:, :2] - TRUTH[:, 2:4] / 2
    share = box / [COLS, ROWS, COLS, ROWS]
    nothing = np.log(np.maximum(1.0 - score.sum(axis=1, keepdims=True), 1e-6))
    made = {
        "v8": [np.concatenate([box, score], 1).T],
        "v5": [np.concatenate([box, np.full((n, 1), 0.5), np.minimum(2 * score, 1.0)], 1)],
        "end to end": [np.column_stack([corner, corner + TRUTH[:, 2:4], TRUTH[:, 5], TRUTH[:, 4]])],
        "detr": [np.concatenate([np.log(score), nothing], 1), share],
        "sigmoid detr": [share, logits(score)],
    }
    return [a[None].astype(np.float32) for a in made[head]]


def network(head: str, **more: object) -> Network:
    values: dict[str, object] = {
        "rows": ROWS,
        "cols": COLS,
        "channels": 3,
        "names": NAMES,
        "made_by": "m 1 sha256:ab",
    }
    return Network(lambda picture: outputs_of(head), **(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize("head", ["v8", "v5", "end to end", "detr", "sigmoid detr"])
def test_every_head_gives_the_same_boxes(head: str) -> None:
    found = detect(network(head), np.zeros((ROWS, COLS), np.uint8), 0.3)
    middle = [[d.bbox_px[0] + d.bbox_px[2] / 2, d.bbox_px[1] + d.bbox_px[3] / 2, *d.bbox_px[2:]] for d in found]
    np.testing.assert_allclose(middle, TRUTH[:, :4], atol=1e-3)
    wanted = np.minimum(TRUTH[:, 5], 0.5) if head == "v5" else TRUTH[:, 5]  # min(2 s, 1) times an objectness of .5
    np.testing.assert_allclose([d.score for d in found], wanted, atol=2e-3)
    assert [int(np.argmax(d.p_class)) for d in found] == [0, 1, 2]
    assert {d.made_by for d in found} == {"m 1 sha256:ab"}


@pytest.mark.parametrize("shapes", [[(1, 10, 20, 30)], [(1, 9, 400)], [(1, 400, 9), (1, 400, 5)], []])
def test_outputs_of_no_known_head_are_refused(shapes: list[tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match=r"head|layout"):
        boxes_of(network("v8"), [np.zeros(s) for s in shapes])


def test_what_is_not_finite_is_no_box() -> None:
    output = outputs_of("v8")[0].copy()
    output[0, 0, 7] = np.nan
    assert np.isfinite(boxes_of(network("v8"), [output])).all()


def test_tiles_cover_the_picture_and_overlap() -> None:
    for shape in ((512, 640), (700, 1000), (100, 90), (481, 481)):
        covered = np.zeros(shape, int)
        for x, y in tiles(shape, (320, 320)):
            assert x >= 0
            assert y >= 0
            covered[y : y + 320, x : x + 320] += 1
        assert covered.min() >= 1


def test_a_far_subject_is_found_where_it_is_through_tiles_and_zoom() -> None:
    picture = np.full((500, 900), 50, np.uint8)
    spots = [(120, 80), (610, 333), (880, 480), (255, 250)]
    for x, y in spots:
        picture[y - 1 : y + 2, x - 1 : x + 2] = 250

    def brightest(tile: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        ys, xs = np.nonzero(tile[0, 0] > 0.8)
        rows = np.zeros((50, 7))
        for row, x, y in zip(rows, xs, ys, strict=False):
            row[:5] = x + 0.5, y + 0.5, 12.0, 12.0, 0.9
        return [rows.T[None].astype(np.float32)]

    for zoom in (1.0, 2.0):
        seen = Network(brightest, 256, 256, 1, NAMES, "m", zoom)
        at = {(round(d.x_px / 4), round(d.y_px / 4)) for d in detect(seen, picture)}
        for x, y in spots:
            assert any(abs(4 * u - x) <= 6 and abs(4 * v - y) <= 6 for u, v in at)
        assert len(detect(seen, picture)) <= 2 * len(spots)


def test_one_subject_is_one_box() -> None:
    rows = np.array([[10, 10, 20, 40, 0.9, 0.9, 0], [11, 11, 20, 40, 0.7, 0.7, 0], [10, 10, 20, 40, 0.5, 0, 0.5]])
    assert distinct(rows).tolist() == [0, 2]


def test_words_are_translated_and_the_rest_is_unknown() -> None:
    assert in_our_words(("Pedestrian", "kite"), np.array([0.7, 0.2])) == pytest.approx((0.7, 0, 0, 0.3))
    assert sum(in_our_words(NAMES, np.array([0.9, 0.9, 0.9]))) == pytest.approx(1.0)


def test_our_detection_keeps_its_score_and_says_whose_word_its_class_is() -> None:
    ours = PixelDetection(40.0, 60.0, (37.0, 52.0, 6.0, 16.0), 3.0, 9.0, track=4)
    theirs = detect(network("v8"), np.zeros((ROWS, COLS), np.uint8), 0.3)
    first, *rest = joined([ours], theirs)
    assert (first.score, first.track, first.made_by) == (3.0, 4, "class by m 1 sha256:ab")
    assert first.p_class[0] == pytest.approx(0.9, abs=0.01)
    assert len(rest) == 2
    assert joined([ours], []) == (ours,)
