"""Decodes the cases named on the command line in Triton's interpreter, into one file.

Run as a program of its own: triton asks for TRITON_INTERPRET when it is imported, and from then on
every kernel of the process is interpreted.
"""

from __future__ import annotations

import os
import sys

os.environ["TRITON_INTERPRET"] = "1"

import numpy as np
import torch

from tests.models.kernels.fused_cases import CASES, decoded, sampled


def main(out: str, *names: str) -> None:
    torch.set_num_threads(1)
    found = {}
    for name in names or CASES:
        found[f"{name} samples"], found[f"{name} codes"] = decoded(CASES[name], torch.device("cpu"))
    found["sampler samples"], found["sampler codes"] = sampled(fused=True)
    np.savez(out, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
