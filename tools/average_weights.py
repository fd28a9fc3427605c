"""Averages the weights of two runs, the second of which went on from the first (`--init`).

    python tools/average_weights.py OLD NEW --out FILE

A schedule that goes on from earlier weights learns what those did not know and forgets a little of
what they did; between the two lie weights that do both better (Wortsman et al., CVPR 2022). The
file's metadata tells the runs that NEW went through, and then the average.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from models.checkpoints import CheckpointError, load_checkpoint, save_checkpoint
from models.networks.network import Network
from models.training.history import digest, of_metadata, to_metadata
from viewer.imaging.errors import ImageError
from viewer.imaging.target import Target


def average(old: Network, new: Network, share: float) -> Network:
    """``(1 − share)·old + share·new``, in the second network's place.

    Raises:
        CheckpointError: one sentence, if they are not of one architecture.
    """
    if old.spec != new.spec:
        raise CheckpointError("the two files hold different models; average runs of one model")
    others = dict(old.named_parameters())
    with torch.no_grad():
        for name, values in new.named_parameters():
            values.copy_(torch.lerp(others[name].float(), values.float(), share))
    return new


def main(words: list[str]) -> int:
    """Write the average. Returns the exit status."""
    parser = argparse.ArgumentParser(description="average the weights of two runs")
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of the second file's weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    options = parser.parse_args(words)
    if not 0.0 <= options.share <= 1.0:
        parser.error("--share must lie in 0..1")
    try:
        Target(options.out, options.overwrite).close()
        old, new = load_checkpoint(options.old), load_checkpoint(options.new)
        network = average(old.network, new.network, options.share)
        told = {"average_of": [digest(options.old), digest(options.new)], "share": options.share}
        runs = [*of_metadata(new.metadata), told]
        save_checkpoint(options.out, network, to_metadata(runs))
    except (CheckpointError, ImageError, OSError) as error:
        print(f"average_weights: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
