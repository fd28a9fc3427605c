"""What a checkpoint family is, and the checks that all share."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from models.networks.network import Network

LARGEST = 4096
"""Largest width or number of blocks a file may ask for; a hostile one could ask for all memory."""


PARAMETERS = 1 << 27
"""Most parameters a network may have, six times those of the largest published one: half a GB."""

NUMBERS = (
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
)
"""Types of numbers that weights may have: those that torch turns into fp32."""


class CheckpointError(ValueError):
    """A checkpoint cannot be used; its text is one sentence."""


class Family(ABC):
    """A layout of checkpoints written by ``torch.save``.

    Attributes:
        name: for people, in errors.
    """

    name: str

    @abstractmethod
    def misfit(self, content: object) -> str:
        """What shows that a file is not of this family, in a few words, or ""."""

    @abstractmethod
    def load(self, content: Any) -> Network:
        """The network of a file for which `misfit` found nothing.

        Raises:
            CheckpointError: the first thing in it that does not fit.
        """

    @abstractmethod
    def save(self, network: Any) -> dict[str, Any]:
        """A network as files of this family hold it, to be written with ``torch.save``."""


def mapping(value: object, what: str) -> Mapping[str, Any]:
    """A table of names, or CheckpointError."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise CheckpointError(f"its {what} is missing or not a table of names")
    return value


def tensors(value: object, what: str) -> dict[str, Tensor]:
    """A table of tensors that are stored in full, or CheckpointError."""
    found = mapping(value, what)
    if not all(isinstance(each, Tensor) for each in found.values()):
        raise CheckpointError(f"the {what} holds something that is not a tensor")
    for name, each in found.items():
        if each.is_nested or each.layout != torch.strided or each.device.type != "cpu":
            raise CheckpointError(f"the tensor {shown(name)} is not stored in full")
    return dict(found)


def count(value: object, what: str) -> int:
    """A width or a number of blocks, or CheckpointError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST:
        raise CheckpointError(f"its {what} is {shown(value)}, not a number from 1 to {LARGEST}")
    return value


def nested(blocks: int, layers: int, tensors: int = LARGEST) -> None:
    """CheckpointError if blocks of so many layers are more than a file of so many tensors holds.

    Also without weights each layer costs memory and time: 4096² would take all of both.
    """
    most = min(tensors, LARGEST)
    if blocks * layers > most:
        raise CheckpointError(
            f"its {blocks} blocks of {layers} layers are too many; there can be {most} layers"
        )


def affordable(parameters: int) -> None:
    """CheckpointError if a network of so many parameters would take too much memory."""
    if parameters > PARAMETERS:
        raise CheckpointError(
            f"it has {parameters:,} parameters, and more than {PARAMETERS:,} are too many"
        )


def parameters_of(network: torch.nn.Module) -> int:
    """How many parameters a network has."""
    return sum(each.numel() for each in network.parameters())


def factor(value: object, what: str) -> float:
    """A number above 0, or CheckpointError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 16:
        raise CheckpointError(f"its {what} is {shown(value)}, not a number above 0")
    return float(value)


def shown(value: object) -> str:
    """A value of a file in an error: short, whatever it is."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def side(state: Mapping[str, Tensor], name: str, axis: int) -> int:
    """The length of a tensor along an axis, or CheckpointError."""
    if name not in state:
        raise CheckpointError(f"the tensor {name} is missing")
    if state[name].ndim <= axis:
        raise CheckpointError(f"the tensor {name} is {list(state[name].shape)}")
    return count(state[name].shape[axis], f"width in {name}")


def numbered(state: Mapping[str, Tensor], before: str, after: str, first: int = 0) -> int:
    """How many tensors ``{before}0{after}``, ``{before}1{after}``, … there are, from ``first``."""
    number = first
    while f"{before}{number}{after}" in state and number < LARGEST:
        number += 1
    return number - first


def depth(state: Mapping[str, Tensor], before: str) -> int | None:
    """How many layers the names ``{before}0.…``, ``{before}1.…``, … speak of, None for none.

    The greatest number counts, so that a tensor that is missing is missed later, by its name.
    """
    found = (re.match(rf"{re.escape(before)}(\d{{1,6}})\.", name) for name in state)
    numbers = {int(match[1]) for match in found if match}
    # Each layer has tensors: more layers than tensors would only cost memory.
    return min(max(numbers) + 1, len(state)) if numbers else None


def fill(
    network: torch.nn.Module,
    given: Mapping[str, Tensor],
    theirs: Callable[[str], str] = lambda name: name,
) -> None:
    """Copy a file's tensors into a network, after checking names, shapes and values.

    Args:
        theirs: the file's name of a tensor of ours.
    """
    # Small files may ask for much: their tensors may share memory, or repeat one number.
    affordable(parameters_of(network))
    own = {}
    for name, parameter in network.state_dict().items():
        check(given, theirs(name), parameter.shape)
        # Copies of our own: a file's tensors may share memory with each other or with the file.
        own[name] = given[theirs(name)].detach().to(torch.float32, copy=True).contiguous()
    extra = sorted(set(given) - {theirs(name) for name in own})
    if extra:
        raise CheckpointError(f"the tensor {shown(extra[0])} does not belong to this model")
    network.load_state_dict(own, assign=True)


def check(state: Mapping[str, Tensor], name: str, shape: Sequence[int]) -> None:
    """CheckpointError unless a tensor is there, real, of a shape, and finite in fp32."""
    if name not in state:
        raise CheckpointError(f"the tensor {name} is missing")
    given = state[name]
    if given.shape != torch.Size(shape):
        raise CheckpointError(f"the tensor {name} is {list(given.shape)}, not {list(shape)}")
    real(name, given)
    # Their sum may be beyond fp32, and opposite infinities make no number of it.
    if not math.isfinite(float(given.detach().float().double().sum())):
        raise CheckpointError(f"the tensor {name} holds values that are not finite")


def real(name: str, given: Tensor) -> None:
    """CheckpointError unless a tensor holds one of the `NUMBERS`."""
    if given.dtype not in NUMBERS:
        kind = str(given.dtype).removeprefix("torch.")
        raise CheckpointError(f"the tensor {name} holds {kind}, not real numbers of a known type")
