"""Compiles the fused kernel for a device that need not be there, and says what it takes.

Run as a program of its own: ``compile_fused.py ARCH LAYERS HIDDEN ROWS CHUNK WARPS STAGES [bf16]``
prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from models.kernels.fused import COUNTS, TABLE, decode
from models.kernels.tuning import Config

POINTERS = {
    "table": "i64", "words": "i32", "reals": "fp32", "biases": "fp32", "first": "fp32",
    "last": "fp32", "pixels": "u8", "latents": "fp16",
}  # fmt: skip


def build(arch: int, layers: int, hidden: int, config: Config, half: str, codes: bool) -> dict:
    """Shared memory, registers and stack of a program, and what its inner loops are made of."""
    constants = {
        "WIDTH": hidden, "HIDDEN": hidden, "LAYERS": layers, "RESIDUAL": True,
        "CODES": codes, "ROWS": config.rows, "CHUNK": config.chunk, "STAGES": config.stages,
    }  # fmt: skip
    kinds = {name: f"*{kind}" for name, kind in POINTERS.items()}
    kinds |= {"out": "*i32" if codes else "*fp32", "matrices": f"*{half}"}
    kinds |= dict.fromkeys((*COUNTS, *TABLE), "i32")
    kinds |= dict.fromkeys(("unit", "step_y", "step_x"), "fp32")
    signature = {
        name: "constexpr" if name in constants else kinds[name] for name in decode.arg_names
    }
    aligned = {
        (place,): [["tt.divisibility", 16]]
        for place, kind in enumerate(signature.values())
        if kind.startswith("*")
    }
    made = triton.compile(
        ASTSource(decode, signature, constants, aligned),
        target=GPUTarget("cuda", arch, 32),
        options={"num_warps": config.warps, "enable_fp_fusion": True},
    )
    return {
        "shared": made.metadata.shared,
        "wgmma": made.asm["ttgir"].count("warp_group_dot "),
        "mma": made.asm["ptx"].count("mma.sync"),
        "copies": made.asm["ptx"].count("cp.async.c"),
        "resources": _resources(made.asm["cubin"]),
    }


def _resources(cubin: bytes) -> str:
    tool = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        Path(file.name).write_bytes(cubin)
        shown = subprocess.run([tool, "-res-usage", file.name], capture_output=True, text=True)
    return shown.stdout.strip().splitlines()[-1].strip()


if __name__ == "__main__":
    arch, layers, hidden, *cut = map(int, sys.argv[1:8])
    half = "bf16" if "bf16" in sys.argv else "fp16"
    print(json.dumps(build(arch, layers, hidden, Config(*cut), half, "codes" in sys.argv)))
