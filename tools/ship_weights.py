"""Makes the file that is shipped of a trained one: in half precision, with its quality inside.

    python tools/ship_weights.py WEIGHTS --out HALVED
    liif-viewer evaluate --data Set5 --scales 2,3,4,6,8 --samplers HALVED --precision fp32 \\
        --json scores.json
    python tools/ship_weights.py HALVED scores.json --out models/weights/NAME.safetensors

What is measured is what is shipped: scores of weights that halving would change are refused.
Prints what `models.shipped` has to say of it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from models.checkpoints import Checkpoint, CheckpointError, load_checkpoint, save_checkpoint
from models.kinds import kind_of
from models.networks.network import Network
from models.networks.upscaler import Upscaler
from viewer.imaging.errors import ImageError
from viewer.imaging.target import Target


def quality(scores: dict[str, Any], sampler: str) -> dict[str, Any]:
    """PSNR in dB by data set and scale from what `evaluate` wrote, and how it was measured.

    Raises:
        ValueError: one sentence, if the sampler was not evaluated, or it is no such file.
    """
    found: dict[str, dict[str, float]] = {}
    try:
        for each in scores["results"]:
            if each["sampler"] == sampler:
                of_set = found.setdefault(each["data_set"], {})
                of_set[str(each["scale"])] = _decibels(each)
        how = f"{scores['protocol']}, {scores['backend']}, no 8-bit rounding"
    except (KeyError, TypeError) as error:
        raise ValueError(
            "the scores are not what evaluate --json writes; evaluate again"
        ) from error
    if not found:
        raise ValueError(f"the scores are not of {sampler}; evaluate it under this name")
    return {**found, "protocol": how}


def _decibels(result: dict[str, Any]) -> float:
    psnr: float | None = result["psnr"]
    if psnr is None:
        at = f"{result['data_set']} at ×{result['scale']}"
        raise ValueError(f"the PSNR of {at} is infinite, which tells nothing; leave that out")
    return round(psnr, 2)


def is_half(network: Network) -> bool:
    """Whether half precision holds a network's weights as they are."""
    return all(torch.equal(each, each.half().float()) for each in network.parameters())


def told(options: argparse.Namespace, checkpoint: Checkpoint) -> Mapping[str, str]:
    """What the file's metadata tells: of the weights, and by the scores, if there are any.

    Raises:
        ValueError: one sentence, if these are of weights other than those of the file.
    """
    changes = not options.full and not is_half(checkpoint.network)
    if options.scores is None:
        # A quality that was measured before is not that of the file.
        gone = {"quality"} if changes else set()
        return {key: each for key, each in checkpoint.metadata.items() if key not in gone}
    if changes:
        raise ValueError(
            f"the scores are of {options.weights} before it is halved; halve it first, without "
            "scores, and evaluate that file"
        )
    scores = json.loads(options.scores.read_text(encoding="utf-8"))
    measured = json.dumps(quality(scores, str(options.weights)))
    return {**checkpoint.metadata, "quality": measured}


def main(words: list[str]) -> int:
    """Write the file. Returns the exit status."""
    parser = argparse.ArgumentParser(description="make the file that is shipped")
    parser.add_argument("weights", type=Path)
    parser.add_argument(
        "scores", type=Path, nargs="?", help="what evaluate --json wrote of these weights"
    )
    parser.add_argument("--full", action="store_true", help="keep full precision")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    options = parser.parse_args(words)
    try:
        Target(options.out, options.overwrite).close()
        checkpoint = load_checkpoint(options.weights)
        metadata = told(options, checkpoint)
        network = checkpoint.network
        save_checkpoint(options.out, network, metadata, half=not options.full)
    except (CheckpointError, ImageError, OSError, ValueError) as error:
        print(f"ship_weights: {error}", file=sys.stderr)
        return 1
    kind = kind_of(network)
    print(f"group: {kind.group}")
    print(f"parameters: {sum(each.numel() for each in network.parameters()):_}")
    if isinstance(network, Upscaler):
        print(f"scales: ×{network.factor}")
    print(f"mflop: {kind.flops(network) / 1e6:.3g}")
    print(f"sha256: {hashlib.sha256(options.out.read_bytes()).hexdigest()}")
    if options.scores is not None:
        print(f"quality: {metadata['quality']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
