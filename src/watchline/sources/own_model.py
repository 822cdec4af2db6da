"""Load the user's own network, an ONNX file, with what it says of itself.  Needs the extra `onnx` (onnxruntime, MIT).

Names of the classes are read from the file's metadata (`names`, as YOLO exporters write it) or from a file
`MODEL.onnx.names` beside it, one name a line.  The version is the metadata's `version`, and the SHA-256 of the
file is taken always: both travel with every score.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput

USUAL_SIDE = 640  # of networks whose input has no fixed size
MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class OwnModel:
    """A loaded network: how to run it, the size of its input, its names, and what it is."""

    run: Callable[[NDArray[np.float32]], list[NDArray[Any]]]
    rows: int
    cols: int
    channels: int
    names: tuple[str, ...]
    name: str
    version: str
    sha256: str

    @property
    def made_by(self) -> str:
        """Return the provenance of a score: name, version, first digits of the hash."""
        return f"{self.name} {self.version} sha256:{self.sha256[:16]}"


def load_model(path: Path) -> OwnModel:
    """Return the network of an ONNX file; raises BadInput if it cannot be loaded or its input is no picture."""
    try:
        import onnxruntime
    except ImportError:
        raise BadInput(
            str(path), "a network of your own needs onnxruntime", "pip install 'watchline[onnx]'"
        ) from None
    try:
        size = path.stat().st_size
        data = path.read_bytes() if 0 < size <= MOST_BYTES else b""
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from None
    if not data:
        raise BadInput(str(path), f"holds {size} bytes", f"a network has 1 to {MOST_BYTES}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - its errors share no base class; whatever it is, the file is no network
        raise BadInput(str(path), f"is no ONNX network ({str(error).splitlines()[0][:120]})") from None
    return _described(path, session, hashlib.sha256(data).hexdigest())


def _described(path: Path, session: Any, digest: str) -> OwnModel:
    inputs, meta = session.get_inputs(), session.get_modelmeta().custom_metadata_map
    shape = inputs[0].shape
    if len(inputs) != 1 or len(shape) != 4 or shape[1] not in (1, 3):
        raise BadInput(str(path), f"its input is {shape}", "it must be one picture: (1, 1 or 3, rows, columns)")
    kinds = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(float16)": np.float16}
    if inputs[0].type not in kinds:
        raise BadInput(str(path), f"its input is {inputs[0].type}", "float, float16 and uint8 are understood")
    kind, name = kinds[inputs[0].type], inputs[0].name

    def run(picture: NDArray[np.float32]) -> list[NDArray[Any]]:
        given = (picture * 255.0).round().astype(np.uint8) if kind is np.uint8 else picture.astype(kind)
        return list(session.run(None, {name: given}))

    rows, cols = (v if isinstance(v, int) and v > 0 else USUAL_SIDE for v in shape[2:])
    version = str(meta.get("version", "unversioned"))
    return OwnModel(run, rows, cols, int(shape[1]), _names(path, meta), path.name, version, digest)


def _names(path: Path, meta: dict[str, str]) -> tuple[str, ...]:
    beside = path.with_name(path.name + ".names")
    if beside.is_file():
        return tuple(line.strip() for line in beside.read_text(encoding="utf-8").splitlines() if line.strip())
    try:
        said = ast.literal_eval(meta.get("names", ""))
        named = [said[k] for k in sorted(said, key=int)] if isinstance(said, dict) else list(said)
    except (ValueError, SyntaxError, TypeError):
        named = []
    if not named or not all(isinstance(n, str) for n in named):
        raise BadInput(str(path), "does not name its classes", f"write them into {beside.name}, one a line")
    return tuple(named)
