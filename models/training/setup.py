"""What a run starts from: a network, from nothing, from earlier weights or from a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from models.backend import Backend, cpu_has_bf16
from models.checkpoints import CheckpointError, load_checkpoint
from models.families.base import affordable, parameters_of
from models.families.fixed_spec import build_any
from models.kinds import kind_of
from models.networks.network import Network
from models.training.config import Config, ConfigError
from models.training.tasks import task_of
from models.training.trunk import take_trunk


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
        # Emulated bf16 is slower than fp32.
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and cpu_has_bf16()


def prepare_torch(deterministic: bool) -> None:
    """Settings of the whole process: the fastest kernels, or the same numbers on every run."""
    torch.backends.cudnn.benchmark = not deterministic
    if not deterministic:
        return
    # Read when CUDA's matrix library starts, which is later than this.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)


def fresh_network(config: Config) -> Network:
    """The network of a configuration with its first weights, which depend on the seed alone.

    Raises:
        ConfigError: one sentence, if the encoder or the network is not known.
    """
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"):  # there its size costs no memory
                affordable(parameters_of(build_any(config.spec)))
            torch.manual_seed(config.seed)
            network = build_any(config.spec)
        except CheckpointError as error:
            raise ConfigError(f"the configuration {config.name} has no model: {error}") from error
    unknown = _arguments(config.spec) - _arguments(network.spec)
    if unknown:
        what = f"the encoder {config.encoder['name']}" if config.encoder else "the network"
        raise ConfigError(f"{what} has no {min(unknown)!r}")
    task_of(config).begin(network)
    return network


def _arguments(spec: Mapping[str, Any]) -> set[str]:
    """Names of the arguments that a spec gives the encoder, or a network that has none."""
    args = spec["args"]
    return set(args["encoder_spec"]["args"] if "encoder_spec" in args else args)


class Start(NamedTuple):
    """What a new schedule begins with.

    Attributes:
        network: with its first weights.
        metadata: of the file that they come from.
        whole: whether all of them do; otherwise the trunk alone.
    """

    network: Network
    metadata: dict[str, str]
    whole: bool


def network_from(path: Path, config: Config) -> Start:
    """Earlier weights for a new schedule.

    Another model with the same trunk gives that; the rest begins as in any new run.

    Raises:
        CheckpointError: one sentence, if the file cannot be used or holds another model.
    """
    checkpoint = load_checkpoint(path)
    network, wanted = checkpoint.network, fresh_network(config)
    if network.spec != wanted.spec and take_trunk(network, wanted):
        return Start(wanted, dict(checkpoint.metadata), whole=False)
    if network.spec != wanted.spec:
        held, asked = (kind_of(each).title(each) for each in (network, wanted))
        which = "" if held == asked else f" ({held}, not {asked})"
        raise CheckpointError(
            f"{path} holds another model than {config.name}{which} and none with its trunk; choose "
            "the configuration it was made with"
        )
    return Start(network, dict(checkpoint.metadata), whole=True)
