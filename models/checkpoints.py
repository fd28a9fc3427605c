"""Checkpoints: safe loading of every family, and our own format.

Ours is safetensors whose metadata key ``spec`` holds the model's name and arguments as JSON. The
official LIIF files are zip archives of pickled tensors; they are read with ``weights_only``, so
nothing in them can run.
"""

from __future__ import annotations

import json
import math
import pickle
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from models.networks.edsr import EDSR
from models.networks.encoder import Encoder
from models.networks.liif import LIIF
from models.networks.wdsr import WDSRB

UNUSED = re.compile(r"encoder\.(sub_mean|add_mean)\.")
"""Tensors that official files carry and LIIF never uses."""

LARGEST = 4096
"""Largest width or number of blocks a file may ask for; a hostile one could ask for all memory."""


class CheckpointError(ValueError):
    """A checkpoint cannot be used; its text is one sentence."""


@dataclass(frozen=True)
class Checkpoint:
    """A network with what its file says of it.

    Attributes:
        network: in fp32 on the CPU, in evaluation mode.
        metadata: free texts, such as the training and the measured quality.
    """

    network: LIIF
    metadata: Mapping[str, str] = field(default_factory=dict)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint of a known family.

    Raises:
        CheckpointError: one sentence that names the file and what is wrong.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"there is no model file {path}; check the path")
    try:
        spec, tensors, metadata = _read(path)
        # On the meta device a hostile spec costs no memory; `_fill` puts the file's tensors in.
        with torch.device("meta"):
            network = build(spec)
        _fill(network, tensors)
    except CheckpointError as error:
        raise CheckpointError(f"{path} cannot be used: {error}") from error.__cause__
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    return Checkpoint(network.eval(), metadata)


def save_checkpoint(
    path: Path, network: LIIF, metadata: Mapping[str, str] | None = None, half: bool = False
) -> None:
    """Write a network in our own format, with ``half`` in half precision."""
    kind = torch.float16 if half else torch.float32
    tensors = {
        name: value.detach().to("cpu", kind).contiguous() for name, value in _state(network).items()
    }
    save_file(tensors, path, metadata={**(metadata or {}), "spec": json.dumps(network.spec)})


def official_structure(network: LIIF) -> dict[str, Any]:
    """A network as the official LIIF files hold it (to be written with ``torch.save``)."""
    spec = network.spec
    encoder = dict(spec["args"]["encoder_spec"])
    if encoder == EDSR().spec:
        encoder = {"name": "edsr-baseline", "args": {"no_upsampling": True}}
    args = {"encoder_spec": encoder, "imnet_spec": spec["args"]["imnet_spec"]}
    return {"model": {"name": "liif", "args": args, "sd": network.state_dict()}}


def _state(network: LIIF) -> dict[str, Tensor]:
    return dict(network.state_dict())


def _read(path: Path) -> tuple[Mapping[str, Any], dict[str, Tensor], dict[str, str]]:
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        raise CheckpointError("the file is empty")
    # A zip archive or a bare pickle is torch's; safetensors begins with a length and a brace.
    if start[:2] in (b"PK", b"\x80\x02"):
        return _read_torch(path)
    if start[8:9] == b"{":
        return _read_safetensors(path)
    raise CheckpointError("it is neither safetensors nor a file written by torch.save")


def _read_safetensors(path: Path) -> tuple[Mapping[str, Any], dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise CheckpointError("the file is damaged or cut short; fetch it again") from error
    if "spec" not in metadata:
        raise CheckpointError("its header has no 'spec', so it is not a LIIF Viewer model")
    try:
        spec = json.loads(metadata.pop("spec"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError("the 'spec' in its header is not JSON") from error
    return _mapping(spec, "spec"), tensors, metadata


def _read_torch(path: Path) -> tuple[Mapping[str, Any], dict[str, Tensor], dict[str, str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            "it holds more than plain tensors, which is not safe to load, or it is damaged"
        ) from error
    except Exception as error:
        # Damage makes torch raise almost anything: AssertionError, IndexError, struct.error, …
        raise CheckpointError("the file is damaged or cut short; fetch it again") from error
    if not isinstance(content, Mapping) or not isinstance(content.get("model"), Mapping):
        raise CheckpointError("it has no 'model' entry, so it is not an official LIIF file")
    model = content["model"]
    state = _mapping(model.get("sd"), "model's 'sd'")
    if not all(isinstance(value, Tensor) for value in state.values()):
        raise CheckpointError("the model's 'sd' holds something that is not a tensor")
    return model, dict(state), {}


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise CheckpointError(f"its {what} is missing or not a table of names")
    return value


def build(spec: Mapping[str, Any]) -> LIIF:
    """A network of a spec, with torch's own first weights.

    Raises:
        CheckpointError: what the spec lacks.
    """
    if spec.get("name") != "liif":
        raise CheckpointError(f"the model {_shown(spec.get('name'))} is not known; known: liif")
    args = _mapping(spec.get("args"), "model's 'args'")
    for option in ("local_ensemble", "feat_unfold", "cell_decode"):
        if args.get(option, True) is not True:
            raise CheckpointError(f"it was trained without {option}, which is not supported")
    imnet = _mapping(args.get("imnet_spec"), "imnet_spec")
    hidden = _mapping(imnet.get("args"), "imnet_spec's 'args'").get("hidden_list")
    if not isinstance(hidden, list) or not 1 <= len(hidden) <= 16:
        raise CheckpointError("its imnet_spec has no usable hidden_list")
    widths = [_count(width, "hidden_list") for width in hidden]
    residual = args.get("residual", False)
    if not isinstance(residual, bool):
        raise CheckpointError(f"its 'residual' is {_shown(residual)}, not true or false")
    encoder = _encoder(_mapping(args.get("encoder_spec"), "encoder_spec"))
    return LIIF(encoder, widths, residual)


def _encoder(spec: Mapping[str, Any]) -> Encoder:
    name = spec.get("name")
    args = dict(_mapping(spec.get("args", {}), "encoder_spec's 'args'"))
    if name in ("edsr-baseline", "edsr"):
        return EDSR(
            n_resblocks=_count(args.get("n_resblocks", 16), "n_resblocks"),
            n_feats=_count(args.get("n_feats", 64), "n_feats"),
            res_scale=_factor(args.get("res_scale", 1.0), "res_scale"),
        )
    if name == "wdsr-b":
        return WDSRB(
            n_feats=_count(args.get("n_feats", 32), "n_feats"),
            n_resblocks=_count(args.get("n_resblocks", 16), "n_resblocks"),
            expansion=_count(args.get("expansion", 6), "expansion"),
            low_rank=_factor(args.get("low_rank", 0.8), "low_rank"),
        )
    raise CheckpointError(
        f"the encoder {_shown(name)} is not known; known: edsr-baseline, edsr, wdsr-b"
    )


def _count(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST:
        raise CheckpointError(f"its {what} is {_shown(value)}, not a number from 1 to {LARGEST}")
    return value


def _factor(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 16:
        raise CheckpointError(f"its {what} is {_shown(value)}, not a number above 0")
    return float(value)


def _shown(value: object) -> str:
    """A value of a file in an error: short, whatever it is."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def _fill(network: LIIF, tensors: Mapping[str, Tensor]) -> None:
    """Copy a file's tensors into a network, after checking names, shapes and values."""
    state = _state(network)
    given = {name: value for name, value in tensors.items() if not UNUSED.match(name)}
    for name, parameter in state.items():
        if name not in given:
            raise CheckpointError(f"the tensor {name} is missing")
        if given[name].shape != parameter.shape:
            raise CheckpointError(
                f"the tensor {name} is {list(given[name].shape)}, not {list(parameter.shape)}"
            )
        if not given[name].is_floating_point():
            raise CheckpointError(f"the tensor {name} does not hold real numbers")
        if given[name].layout != torch.strided or given[name].is_meta:
            raise CheckpointError(f"the tensor {name} is not stored in full")
        if not math.isfinite(float(given[name].detach().double().sum())):
            raise CheckpointError(f"the tensor {name} holds values that are not finite")
    extra = sorted(set(given) - set(state))
    if extra:
        raise CheckpointError(f"the tensor {_shown(extra[0])} does not belong to this model")
    # Copies of our own: a file's tensors may share memory with each other or with the file.
    own = {name: given[name].detach().to(torch.float32, copy=True).contiguous() for name in state}
    network.load_state_dict(own, assign=True)
