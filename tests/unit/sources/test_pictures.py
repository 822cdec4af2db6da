"""Every kind of picture source yields frames with sizes, times and names."""

import cv2
import numpy as np
import pytest

from unit.sources.picture_files import SHAPE, make_cptv, make_folder, make_video
from watchline.domain.errors import BadInput
from watchline.sources.clips import View, annotate, encode_clip, to_8bit
from watchline.sources.pictures import grey, open_pictures
from watchline.sources.rtsp import without_password


def test_a_video_is_read_to_its_end_in_time_order(tmp_path):
    with open_pictures(str(make_video(tmp_path / "v.mp4"))) as pictures:
        frames = list(pictures)
    assert (pictures.size, pictures.fps, pictures.count) == (SHAPE[::-1], 10.0, 30)
    assert [f.number for f in frames] == list(range(30))
    assert frames[10].t_s == pytest.approx(1.0)
    assert frames[0].pixels.shape == SHAPE
    assert frames[0].pixels.dtype == np.uint8


def test_a_cptv_recording_keeps_16_bits_and_leaves_the_recorders_background_out(tmp_path):
    with open_pictures(str(make_cptv(tmp_path / "c.cptv"))) as pictures:
        frames = list(pictures)
    assert len(frames) == 19
    assert frames[0].pixels.dtype == np.uint16
    assert frames[9].t_s - frames[0].t_s == pytest.approx(1.0, abs=0.01)
    assert not any(f.shutter for f in frames)


def test_a_folder_is_read_in_number_order(tmp_path):
    folder = make_folder(tmp_path / "f", count=12, dtype=np.uint16)
    with open_pictures(str(folder), rate_hz=2.0) as pictures:
        frames = list(pictures)
    assert [int(f.pixels[0, 0]) for f in frames] == [10 * n + 1 for n in range(12)]
    assert frames[0].pixels.dtype == np.uint16
    assert frames[4].t_s == pytest.approx(2.0)
    assert pictures.file_of(10) == "f10.png"


def test_a_single_picture_is_a_source_of_one(tmp_path):
    make_folder(tmp_path / "f", count=1)
    with open_pictures(str(tmp_path / "f" / "f0.png")) as pictures:
        assert [f.number for f in pictures] == [0]


def test_grey_takes_colours_apart_and_keeps_depth():
    colour = np.zeros((4, 4, 3), np.uint16)
    colour[..., 1] = 1000
    assert grey(colour).tolist()[0][0] == 587
    assert grey(np.full((4, 4, 3), 7, np.uint8)).max() == 7


def test_an_unknown_address_is_refused():
    with pytest.raises(BadInput, match="address"):
        open_pictures("http://example.invalid/x")


def test_a_password_never_shows():
    assert "secret" not in without_password("rtsp://user:secret@host:554/a")


def test_a_clip_is_the_same_bytes_every_time(tmp_path):
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, SHAPE, dtype=np.uint8) for _ in range(4)]
    clip = encode_clip(frames, 9.0)
    assert clip == encode_clip(frames, 9.0)
    (tmp_path / "c.webm").write_bytes(clip)
    capture = cv2.VideoCapture(str(tmp_path / "c.webm"))
    assert sum(1 for _ in iter(lambda: capture.read()[0], False)) == 4


def test_a_clip_needs_a_picture():
    with pytest.raises(ValueError, match="frames"):
        encode_clip([], 9.0)


def test_the_8_bit_view_does_not_flicker():
    rng = np.random.default_rng(0)
    pixels = rng.integers(3000, 3100, SHAPE).astype(np.uint16)
    first, view = to_8bit(pixels, View())
    hot = pixels.copy()
    hot[10:40, 10:40] = 9000
    second, _ = to_8bit(hot, view)
    assert abs(int(first[80, 100]) - int(second[80, 100])) < 200
    assert second[20, 20] == 255


def test_an_annotated_picture_is_a_copy():
    picture = np.zeros(SHAPE, np.uint8)
    assert annotate(picture, [], "learning").shape == (*SHAPE, 3)
    assert picture.max() == 0
