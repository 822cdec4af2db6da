"""A user's own ONNX network through `watchline detect`, with onnxruntime itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from watchline.cli import main
from watchline.domain.errors import BadInput
from watchline.sources.own_model import load_model

onnxruntime = pytest.importorskip("onnxruntime", reason="skipped: no onnxruntime (the extra onnx)")
onnx = pytest.importorskip("onnx", reason="skipped: no onnx to make a network with")

ROWS, COLS = 96, 128


def write_network(path: Path, names: str | None = '{0: "person", 1: "car"}', channels: int = 3) -> Path:
    """Write a network whose boxes are always the same two, in YOLO v8's layout; its input is used and then
    ignored.
    """
    from onnx import TensorProto, helper, numpy_helper

    boxes = np.zeros((1, 6, 300), np.float32)
    boxes[0, :, 3] = 40, 50, 10, 24, 0.8, 0.1
    boxes[0, :, 9] = 90, 60, 30, 16, 0.05, 0.7
    constant = numpy_helper.from_array(boxes, "boxes")
    zero = numpy_helper.from_array(np.zeros(1, np.float32), "zero")
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["boxes", "nothing"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "same boxes",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, channels, ROWS, COLS])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 6, 300])],
        [constant, zero],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    for key, value in {"names": names, "version": "7"}.items():
        if value is not None:
            entry = model.metadata_props.add()
            entry.key, entry.value = key, value
    onnx.save(model, path)
    return path


def test_what_the_network_finds_is_told_with_its_name_version_and_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_network(tmp_path / "mine.onnx")
    cv2.imwrite(str(tmp_path / "p.png"), np.random.default_rng(1).normal(100, 3, (ROWS, COLS)).astype(np.uint8))
    out = tmp_path / "o.jsonl"
    with pytest.raises(SystemExit) as ended:
        main(["detect", str(tmp_path / "p.png"), "--out", str(out), "--model", str(model), "--json"])
    assert ended.value.code in (0, None)
    digest = hashlib.sha256(model.read_bytes()).hexdigest()[:16]
    assert json.loads(capsys.readouterr().out)["model"] == f"mine.onnx 7 sha256:{digest}"
    found = [line for line in map(json.loads, out.read_text().splitlines()) if line.get("made_by")]
    assert {line["made_by"].endswith(digest) for line in found} == {True}
    by_place = {round(line["x_px"]): line for line in found}
    assert by_place[40]["class"]["person"] == pytest.approx(0.8, abs=0.01)
    assert by_place[90]["class"]["vehicle"] == pytest.approx(0.7, abs=0.01)


def test_names_may_lie_beside_a_network_that_has_none(tmp_path: Path) -> None:
    path = write_network(tmp_path / "mine.onnx", names=None)
    with pytest.raises(BadInput, match="does not name its classes"):
        load_model(path)
    (tmp_path / "mine.onnx.names").write_text("person\ncar\n")
    assert load_model(path).names == ("person", "car")


def test_what_is_no_network_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_text("hello")
    with pytest.raises(BadInput, match="is no ONNX network"):
        load_model(tmp_path / "a.onnx")
    (tmp_path / "b.onnx").touch()
    with pytest.raises(BadInput, match="holds 0 bytes"):
        load_model(tmp_path / "b.onnx")
    with pytest.raises(BadInput, match="its input is"):
        load_model(write_network(tmp_path / "c.onnx", channels=4))
