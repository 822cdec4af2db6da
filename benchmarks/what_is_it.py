"""What is it?  Are the probabilities over person, group, vehicle, animal, bird, unknown worth what they say?

    python benchmarks/what_is_it.py [--rows ROWS.npz]

Rows are looks of builders/fit_subject_kinds.py with another seed than the table's; without any, a few runs of seed 3
are rendered and watched first.  Printed: how often the likeliest kind is right by kind, with size alone and
with speed; and the reliability: of all probabilities in a band, the mean said and the share that came true.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline.sensing.kind import KINDS, TO_CLASSES, kind_of, to_classes

F8 = NDArray[np.float64]
BUILDER = Path(__file__).resolve().parents[1] / "builders" / "fit_subject_kinds.py"
BANDS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0001)


def reliability(p: F8, true: NDArray[np.int64], weight: F8) -> list[tuple[float, float, float]]:
    """Return by band of probability: mean said, share that came true, weight of looks."""
    came = np.eye(p.shape[1])[true]
    out = []
    for low, high in pairwise(BANDS):
        inside = (p >= low) & (p < high)
        w = np.broadcast_to(weight[:, None], p.shape)[inside]
        if w.sum() > 0:
            said, true_share = (float(np.average(v[inside], weights=w)) for v in (p, came))
            out.append((said, true_share, float(w.sum())))
    return out


def _rendered(path: Path) -> Path:
    subprocess.run([sys.executable, str(BUILDER), str(path), "--runs", "6", "--seed", "3"], check=True)
    return path


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path)
    given = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = given or _rendered(Path(folder) / "rows.npz")
        rows = np.load(path)["rows"]
    true = rows[:, 0].astype(int)
    # Kinds count alike, as `kind_of` assumes, however many looks the rows hold of each.
    weight = 1.0 / np.maximum(np.bincount(true, minlength=len(KINDS))[true], 1) * len(rows) / len(set(true.tolist()))
    ways = {
        "size": kind_of(rows[:, 1], rows[:, 2], rows[:, 4]),
        "size and speed": kind_of(rows[:, 1], rows[:, 2], rows[:, 4], rows[:, 3]),
    }
    print(f"{len(rows)} looks; share whose likeliest kind is right: " + ", ".join(KINDS[:-1]))
    for label, p in ways.items():
        best = p.argmax(axis=1)
        print(
            f"  {label:16s}", "  ".join(f"{np.mean(best[true == k] == k):.2f}" for k in range(5) if np.any(true == k))
        )
    print("four classes (person, vehicle, animal, unknown): log loss by kind; mean probability of the truth")
    four = TO_CLASSES[true].argmax(axis=1)
    for label, p in ways.items():
        q = to_classes(p)
        said = q[np.arange(len(q)), four]
        loss = -np.average(np.log(np.maximum(said, 1e-4)), weights=weight)
        print(f"  {label:16s} {loss:.3f}  {np.average(said, weights=weight):.3f}")
    print("reliability, size and speed: said, came true, looks")
    for said, came, count in reliability(ways["size and speed"], true, weight):
        print(f"  {said:.3f}  {came:.3f}  {count:7.0f}")


if __name__ == "__main__":
    main()
