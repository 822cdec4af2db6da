"""The work of a study on disk: each finished piece is a file that appears whole or not at all.

So a study that was killed goes on where it stood, and any number of processes may share it.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput


@dataclass(frozen=True)
class Store:
    """A folder of named pieces."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return where a piece lies, or will."""
        return self.folder / f"{name}.npz"

    def has(self, name: str) -> bool:
        """Return whether a piece is finished."""
        return self.path(name).exists()

    def read(self, name: str) -> dict[str, NDArray[np.generic]]:
        """Return the arrays of a finished piece."""
        with np.load(self.path(name)) as file:
            return {key: file[key] for key in file.files}

    def write(self, name: str, **arrays: NDArray[np.generic]) -> None:
        """Keep a piece: durable before it has its name."""
        handle, beside = tempfile.mkstemp(dir=self.folder, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).rename(self.path(name))


def store_in(out: Path, key: str) -> Store:
    """Return the store of one study under `out`; what a kill left half written is taken away."""
    folder = out / f"study-{key}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in folder.glob("*.part"):
            part.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"--out {out}", f"cannot be written ({error.strerror})", "choose another") from None
    return Store(folder)
