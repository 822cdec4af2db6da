"""Train the network of `vision/spot_net.py` on pictures made here, and count its false alarms on others of them.

    python builders/train_spot_net.py [--pictures N] [--epochs N] [--out FILE]

Needs torch and onnx, which the product does not (pip install torch onnx; CPU builds do).  Pictures are made by
`made_pictures.py`; a quarter has rendered backgrounds or, where they lie beside the repository, frames of CC0 clips
(`bare_backgrounds.py`).  No picture without a stated licence is read.  The log-odds at stated rates of false peaks
(`rates` in the file) are counted on made pictures of another seed.  One core.
Seeded; the same torch on the same processor gives the same file.
"""

from __future__ import annotations

import argparse
import io
import time
from dataclasses import dataclass
from pathlib import Path

import bare_backgrounds
import cv2
import made_pictures
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from watchline.vision import small_target, spot_net

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "src" / "watchline" / "vision" / spot_net.WEIGHTS  # where it is looked for; not under version control
PEAKS, LOOKS, BATCH = 24, 16, 64  # peaks of a picture trained on, and judged by
DECADES = (-0.7, -0.3, 0.0, 0.3, 0.7, 1.0, 1.3, 1.7)  # minus log10 of false peaks a picture, counted
RARE_DECADE = 2.5  # too rare to be counted: on a line through the last two
POSITIVES, NEGATIVES = 3, 9  # patches per subject and per picture in an epoch
FASTEST_RATE = 4e-3


@dataclass
class Picture:
    """A picture ready to be cut up: its peaks, their cues, the labelled regions."""

    grey: np.ndarray
    mask: np.ndarray
    peaks: np.ndarray
    cues: np.ndarray
    subject: np.ndarray  # (N,) label of the region a peak belongs to, 0 = none, -1 = nobody knows


class Net(nn.Module):
    """Three scales down, two up; the outline from the top, the verdict from all of them and the cues."""

    def __init__(self, a: int = 8, b: int = 16, c: int = 32) -> None:
        super().__init__()
        self.first = nn.Sequential(_conv(spot_net.CHANNELS, a), _conv(a, a))
        self.second = nn.Sequential(_conv(a, b), _conv(b, b))
        self.third = nn.Sequential(_conv(b, c), _conv(c, c))
        self.up_second, self.up_first = _conv(b + c, b), _conv(a + b, a)
        self.outline = nn.Conv2d(a, 1, 1)
        self.verdict = nn.Sequential(nn.Linear(2 * c + b + spot_net.CUES, 32), nn.ReLU(), nn.Linear(32, 1))

    def trunk(self, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return outline logits (N, 1, 32, 32) and what the verdict is made from (N, F)."""
        first = self.first(seen)
        second = self.second(functional.max_pool2d(first, 2))
        third = self.third(functional.max_pool2d(second, 2))
        mixed = self.up_second(torch.cat([second, _twice(third)], 1))
        top = self.up_first(torch.cat([first, _twice(mixed)], 1))
        whole = functional.max_pool2d(third, 8).flatten(1)
        here = functional.avg_pool2d(third[:, :, 3:5, 3:5], 2).flatten(1)
        near = functional.avg_pool2d(mixed[:, :, 6:10, 6:10], 4).flatten(1)
        return self.outline(top), torch.cat([whole, here, near], 1)

    def forward(self, seen: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return outline logits (N, 1, 32, 32) and verdict logits (N, 1)."""
        outline, features = self.trunk(seen)
        return outline, self.verdict(torch.cat([features, known], 1))


class Trunk(nn.Module):
    """What OpenCV runs; the verdict's two small layers are run by numpy."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net

    def forward(self, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return outline logits and features."""
        return self.net.trunk(seen)


def _conv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def _twice(x: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


def compose(count: int, given: list[tuple[np.ndarray, np.ndarray]], rng: np.random.Generator) -> list[Picture]:
    """Return pictures with subjects: about a quarter on the given backgrounds, the others on made ones."""
    made = []
    for _ in range(count):
        if given and rng.random() < 0.25:
            picture, unknown = given[rng.integers(len(given))]
            if rng.random() < 0.5:
                picture, unknown = picture[:, ::-1].copy(), unknown[:, ::-1].copy()
            picture = -picture if rng.random() < 0.3 else picture
        else:
            picture = made_pictures.background(rng)
            unknown = np.zeros(picture.shape, bool)
        picture, mask = made_pictures.with_subjects(picture, rng, unknown)
        made.append(prepare(made_pictures.taken_by_camera(picture, rng), mask, unknown))
    return made


def prepare(picture: np.ndarray, mask: np.ndarray, unknown: np.ndarray) -> Picture:
    """Find the peaks of a picture and which of them are on a labelled region."""
    settings = small_target.SpotSettings(peaks=120, polarity="hot")
    spots = small_target.flooded(picture, settings)
    spots = spots.take(small_target.strongest(spots, PEAKS))
    _, label = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    grown = cv2.dilate(label.astype(np.float32), np.ones((3, 3), np.uint8)).astype(int)
    x, y = spots.peak_px.T
    known = spot_net.cues(spots.prominence, spots.spread, spots.area_px, spots.score)
    subject = np.where(unknown[y, x], -1, grown[y, x])
    return Picture(picture.astype(np.float32), label, spots.peak_px, known, subject)


def draw(pictures: list[Picture], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return patches, cues, outlines, verdicts of one epoch: near subjects and at other peaks, turned."""
    seen, known, outline, verdict = [], [], [], []
    for p in pictures:
        hits, others = np.flatnonzero(p.subject > 0), np.flatnonzero(p.subject == 0)
        labels = np.unique(p.subject[hits])
        picks = [rng.choice(hits[p.subject[hits] == one]) for one in labels for _ in range(POSITIVES)]
        if len(others):
            chance = 1.0 / (3.0 + np.arange(len(others)))
            picks += list(rng.choice(others, min(NEGATIVES, len(others)), replace=False, p=chance / chance.sum()))
        if not picks:
            continue
        at = p.peaks[picks] + rng.integers(-2, 3, (len(picks), 2)) * (rng.random((len(picks), 1)) < 0.7)
        at = np.clip(at, 0, np.array(p.grey.shape[::-1]) - 1)
        grey = p.grey
        if rng.random() < 0.5:
            grey = grey * np.float32(np.exp(rng.normal(0, 0.3)))
            grey = grey + rng.normal(0, rng.uniform(0, 2), grey.shape).astype(np.float32)
        seen.append(spot_net.patches(grey, at))
        known.append(p.cues[picks] + rng.normal(0, 0.1, (len(picks), spot_net.CUES)).astype(np.float32))
        label = np.pad(p.mask > 0, spot_net.SIDE_PX)
        low = spot_net.SIDE_PX - spot_net.HALF
        size = spot_net.SIDE_PX
        outline += [label[y + low : y + low + size, x + low : x + low + size] for x, y in at]
        verdict += [float(p.subject[k] > 0) for k in picks]
    made = [np.concatenate(seen), np.concatenate(known), np.array(outline, np.float32), np.array(verdict, np.float32)]
    for k in range(len(made[0])):
        turns, mirror = int(rng.integers(4)), bool(rng.integers(2))
        for part in (made[0], made[2]):
            turned = np.rot90(part[k], turns, axes=(-2, -1))
            part[k] = np.ascontiguousarray(turned[..., ::-1] if mirror else turned)
    return tuple(made)


def loss_of(net: Net, batch: list[torch.Tensor]) -> torch.Tensor:
    """Return the loss: outline pixels, overlap of subjects' outlines, verdict."""
    seen, known, outline, verdict = batch
    drawn, said = net(seen, known)
    chance = torch.sigmoid(drawn[:, 0])
    both = (chance * outline).sum((1, 2))
    either = (chance + outline - chance * outline).sum((1, 2))
    overlap = ((1 - (both + 1) / (either + 1)) * verdict).sum() / verdict.sum().clamp(min=1)
    pixels = functional.binary_cross_entropy_with_logits(drawn[:, 0], outline)
    return 3 * pixels + overlap + 1.5 * functional.binary_cross_entropy_with_logits(said[:, 0], verdict)


def train(pictures: list[Picture], epochs: int) -> Net:
    """Return the trained network: the running mean of its weights over the last third."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    net = Net()
    optimiser = torch.optim.AdamW(net.parameters(), lr=FASTEST_RATE, weight_decay=3e-3)
    steps = sum(POSITIVES * len(np.unique(p.subject[p.subject > 0])) + NEGATIVES for p in pictures) // BATCH + 2
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, FASTEST_RATE, total_steps=epochs * steps)
    mean = torch.optim.swa_utils.AveragedModel(net, use_buffers=True)
    started, done = time.monotonic(), 0
    for epoch in range(epochs):
        made = draw(pictures, rng)
        order = rng.permutation(len(made[0]))
        net.train()
        total = 0.0
        for start in range(0, len(order) - BATCH // 2, BATCH):
            pick = order[start : start + BATCH]
            loss = loss_of(net, [torch.from_numpy(part[pick]) for part in made])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if done < epochs * steps - 1:
                plan.step()
            done += 1
            total += loss.item()
        if epoch >= epochs * 0.8:
            mean.update_parameters(net)
        print(f"epoch {epoch}: loss {total * BATCH / len(order):.3f}, {time.monotonic() - started:.0f} s", flush=True)
    return mean.module.eval()


def false_rates(path: Path, pictures: list[Picture]) -> np.ndarray:
    """Return (R, 2) log-odds and minus log10 of the false peaks per picture of usual size that reach them."""
    judged = spot_net.read(path.read_bytes())
    false, size = [], 0.0
    for p in pictures:
        near = slice(LOOKS)
        _, logit = spot_net.look(spot_net.patches(p.grey, p.peaks[near]), p.cues[near], judged)
        false += list(logit[p.subject[near] == 0])
        size += p.grey.size / small_target.PIXELS_AT_ONE
    false = np.sort(false)[::-1]
    height = [float(false[min(round(size * 10.0**-d), len(false) - 1)]) for d in DECADES]
    slope = (height[-1] - height[-2]) / (DECADES[-1] - DECADES[-2])
    height.append(height[-1] + slope * (RARE_DECADE - DECADES[-1]))
    return np.column_stack([np.maximum.accumulate(height), [*DECADES, RARE_DECADE]])


def save(net: Net, path: Path, rates: np.ndarray) -> None:
    """Write the weights file: the trunk as ONNX bytes, the verdict's layers and the counted rates as arrays."""
    seen = torch.zeros(2, spot_net.CHANNELS, spot_net.SIDE_PX, spot_net.SIDE_PX)
    trunk = io.BytesIO()
    names = ["outline", "features"]
    torch.onnx.export(
        Trunk(net), (seen,), trunk, dynamo=False, input_names=["seen"], output_names=names,
        dynamic_axes={n: {0: "n"} for n in ("seen", *names)},
    )  # fmt: skip
    hidden, last = net.verdict[0], net.verdict[2]
    np.savez(
        path,
        rates=rates,
        trunk=np.frombuffer(trunk.getvalue(), np.uint8),
        hidden_weight=hidden.weight.detach().numpy(), hidden_bias=hidden.bias.detach().numpy(),
        last_weight=last.weight.detach().numpy(), last_bias=last.bias.detach().numpy(),
    )  # fmt: skip


def main() -> None:
    """Make pictures, train, count false alarms on pictures not trained on, and write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pictures", type=int, default=1200)
    ask.add_argument("--epochs", type=int, default=10)
    ask.add_argument("--out", type=Path, default=OUT)
    asked = ask.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    bare, clips = bare_backgrounds.rendered(1), bare_backgrounds.of_clips()
    pictures = compose(asked.pictures, clips + 2 * bare, np.random.default_rng(1))
    print(f"{len(pictures)} pictures; {len(clips)} clip and {len(bare)} rendered backgrounds among them", flush=True)
    net = train(pictures, asked.epochs)
    save(net, asked.out, np.zeros((0, 2)))
    others = compose(max(asked.pictures // 3, 1), [], np.random.default_rng(2))
    rates = false_rates(asked.out, others)
    save(net, asked.out, rates)
    print(f"wrote {asked.out}: {asked.out.stat().st_size} bytes; log-odds and rates\n{rates.round(2)}")


if __name__ == "__main__":
    main()
