"""What a run starts from: a network, from nothing, from earlier weights or from a checkpoint."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import nn

from models.backend import Backend, cpu_has_bf16
from models.checkpoints import CheckpointError, build, load_checkpoint
from models.networks.liif import LIIF
from models.training.config import Config, ConfigError


def training_backend(device: torch.device, precision: str) -> Backend:
    """Where a run computes: ``auto`` is bf16 where the processor has it, fp32 elsewhere.

    Raises:
        ConfigError: one sentence, for half precision whose gradients would vanish.
    """
    if precision == "fp16":
        raise ConfigError("training in fp16 would lose small gradients; use --precision bf16")
    if precision == "auto":
        precision = "bf16" if _has_bf16(device) else "fp32"
    return Backend(device, torch.bfloat16 if precision == "bf16" else torch.float32)


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and cpu_has_bf16()


def prepare_torch(deterministic: bool) -> None:
    """Settings of the whole process: the fastest kernels, or the same numbers on every run."""
    torch.backends.cudnn.benchmark = not deterministic
    if not deterministic:
        return
    # Read when CUDA's matrix library starts, which is later than this.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)


def fresh_network(config: Config) -> LIIF:
    """The network of a configuration with its first weights, which depend on the seed alone.

    Raises:
        ConfigError: one sentence, if the encoder is not known.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        try:
            network = build(config.spec)
        except CheckpointError as error:
            raise ConfigError(f"the configuration {config.name} has no model: {error}") from error
    unknown = set(config.spec["args"]["encoder_spec"]["args"]) - set(network.encoder.spec["args"])
    if unknown:
        raise ConfigError(f"the encoder {config.encoder['name']} has no {unknown.pop()!r}")
    if config.residual:
        # It then begins as bilinear interpolation.
        nn.init.zeros_(network.imnet.linears[-1].weight)
        nn.init.zeros_(network.imnet.linears[-1].bias)
    return network


def network_from(path: Path, config: Config) -> tuple[LIIF, dict[str, str]]:
    """Earlier weights for a new schedule, and the metadata of their file.

    Raises:
        CheckpointError: one sentence, if the file cannot be used or holds another model.
    """
    checkpoint = load_checkpoint(path)
    network = checkpoint.network
    if not isinstance(network, LIIF) or network.spec != fresh_network(config).spec:
        raise CheckpointError(
            f"{path} holds another model than {config.name}; choose the configuration it was "
            "made with"
        )
    return network, dict(checkpoint.metadata)
