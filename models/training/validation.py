"""How well the weights of now restore pictures they were not trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from models.backend import Backend
from models.evaluation.metrics import psnr
from models.evaluation.protocol import PROTOCOLS, Case
from models.kinds import Model, place, sampler_of
from models.networks.network import Network

BENCHMARK = PROTOCOLS["benchmark"]


def validate(network: Network, cases: Sequence[Case], backend: Backend) -> float | None:
    """Mean luma PSNR in dB over cases, as the viewer itself would show them.

    Cases that are restored perfectly, as flat ones may be, are left out; None if all of them are.
    """
    model = place(network, backend, "validation", "Validation")
    scores = [_score(model, case) for case in cases]
    finite = [each for each in scores if math.isfinite(each)]
    return float(np.mean(finite)) if finite else None


def _score(model: Model, case: Case) -> float:
    shown = sampler_of(model, case.picture).sample(case.grid).cpu().numpy().astype(np.float64)
    border = BENCHMARK.border(case.scale)
    return psnr(shown, case.high / 255, border)
