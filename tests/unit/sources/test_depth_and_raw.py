"""Bit depth, raw counts, TIFF stacks, stamps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from unit.vision.scenes import pictures
from watchline.domain.errors import BadInput
from watchline.sources.depth import brought_to_steps, depth_of
from watchline.sources.pictures import Cut, open_pictures
from watchline.sources.stamps import DAY_S, Stamps

SHOWN = pictures(6)
LAYOUT = "width = 128\nheight = 96\nbits = 14\nrate_hz = 9.0\n"


def write_raw(path: Path, layout: str = LAYOUT, dtype: str = "<u2", header: bytes = b"", each: bytes = b"") -> Path:
    path.write_bytes(header + b"".join(each + p.astype(dtype).tobytes() for p in SHOWN))
    path.with_name(path.name + ".toml").write_text(layout)
    return path


def read(path: Path) -> list[np.ndarray]:
    with open_pictures(str(path)) as source:
        return [frame.pixels for frame in source]


@pytest.mark.parametrize(
    ("layout", "dtype", "header", "each"),
    [
        ("", "<u2", b"", b""),
        ('byte_order = "big"\n', ">u2", b"", b""),
        ("header_bytes = 512\n", "<u2", bytes(512), b""),
        ("picture_header_bytes = 32\n", "<u2", b"", b"\xff" * 32),
    ],
)
def test_raw_counts_come_back_as_they_were(
    tmp_path: Path, layout: str, dtype: str, header: bytes, each: bytes
) -> None:
    path = write_raw(tmp_path / "a.raw", LAYOUT + layout, dtype, header, each)
    np.testing.assert_array_equal(read(path), SHOWN)
    with open_pictures(str(path)) as source:
        assert (source.size, source.fps, source.count) == ((128, 96), 9.0, 6)


@pytest.mark.parametrize(
    ("layout", "says"),
    [
        (LAYOUT.replace("14", "17"), "bits: must be 8 to 16"),
        (LAYOUT.replace("128", "100000"), "width: must be"),
        (LAYOUT + "fps = 3\n", "fps: unknown key"),
        ("width = 128\nheight = 96\n", "bits: is missing"),
        ("width =", "is not TOML"),
        (LAYOUT + 'byte_order = "big"\n', "more than 14 bits"),
    ],
)
def test_a_wrong_layout_is_one_line(tmp_path: Path, layout: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read(write_raw(tmp_path / "a.raw", layout))


def test_a_raw_file_without_its_layout_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(bytes(100))
    with pytest.raises(BadInput, match=r"a\.raw\.toml: no such file; raw pictures need it"):
        read(tmp_path / "a.raw")


def test_a_cut_raw_file_yields_its_whole_pictures(tmp_path: Path) -> None:
    path = write_raw(tmp_path / "a.raw")
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(Cut) as caught:
        read(path)
    assert caught.value.read == 5


def test_a_tiff_of_many_pages_is_a_sequence(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    assert cv2.imwritemulti(str(path), SHOWN)
    np.testing.assert_array_equal(read(path), SHOWN)


def test_eight_bits_in_sixteen_come_back_as_eight(tmp_path: Path) -> None:
    eight = ((SHOWN[0] - SHOWN[0].min()) // 8).clip(0, 255).astype(np.uint16)
    for step in (256, 257):
        cv2.imwrite(str(tmp_path / "a.png"), (eight * step).astype(np.uint16))
        (back,) = read(tmp_path / "a.png")
        assert back.dtype == np.uint8
        np.testing.assert_array_equal(back, eight)


def test_fourteen_bits_at_the_top_of_sixteen_come_back_as_counts(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.tif"), SHOWN[0] * 4)
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), SHOWN[:1])


def test_display_pictures_are_told_from_counts() -> None:
    grey = SHOWN[0].astype(float)
    low, high = np.percentile(grey, [0.1, 99.9])
    stretched = np.clip((grey - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    assert depth_of(stretched).automatic_gain
    assert not depth_of((stretched // 4 + 90).astype(np.uint8)).automatic_gain
    assert str(depth_of(SHOWN[0])) == f"{int(SHOWN[0].max()).bit_length()} bit counts"
    assert depth_of(np.full((32, 32), 512, np.uint16)).step == 1
    assert brought_to_steps(SHOWN[0], depth_of(SHOWN[0])) is SHOWN[0]


def test_time_never_goes_back_and_never_jumps_by_days() -> None:
    clock = Stamps(0.1)
    stamps = [100.0, 100.1, 50.0, 50.1, 50.1 + 3 * DAY_S, 50.2 + 3 * DAY_S, float("nan"), 7.0]
    times = [clock.time_of(s) for s in stamps]
    assert np.all(np.diff(times) > 0)
    assert times[-1] - times[0] < 1.0
