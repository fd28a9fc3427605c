"""Times the decoder's hidden layers in several engines: torch, our loops, ONNX Runtime, OpenVINO.

    python -m pip install openvino onnx onnxruntime     # somewhere else than in .venv, if you like
    PYTHONPATH=. python tools/compare_engines.py --threads 2

Each engine gets the first layer's sums of one band (fp32, as the decoder makes them) and returns
the last hidden layer in fp32. Each has a process of its own, since waiting threads of one would
disturb the next; they take turns, and the fastest round of each counts. Engines that are not
installed are left out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import torch

from models.backend import PRECISIONS, Backend, cpu_has_bf16
from models.kernels.compiled import compiled_layers
from models.kernels.crew import share_out
from models.kernels.decoder import BAND
from models.kernels.linear import choose_layer

ENGINES = (
    "torch, bf16",
    "torch, fp32",
    "loops, fp32",
    "ONNX Runtime, fp32",
    "OpenVINO, fp32",
    "OpenVINO, bf16",
)

Layers = list[tuple[torch.Tensor, torch.Tensor]]
Run = Callable[[], np.ndarray]
SHAPES = {"light, 64-64-64": (64, 2), "published, 256 × 4": (256, 3)}
"""Width of the hidden layers, and how many matrix products lie between them."""


def in_torch(first: np.ndarray, layers: Layers, kind: torch.dtype) -> Run:
    layer = choose_layer(Backend(torch.device("cpu"), kind))
    placed = [(matrix.to(kind), bias.to(kind)) for matrix, bias in layers]
    start = torch.from_numpy(first)
    half = torch.empty(first.shape, dtype=kind)
    out = torch.empty(first.shape)

    def run() -> np.ndarray:
        with torch.inference_mode():
            x = half.copy_(start.relu())
            for matrix, bias in placed:
                x = layer(x, matrix, bias)
            return out.copy_(x).numpy()

    return run


def in_loops(first: np.ndarray, layers: Layers, threads: int) -> Run:
    """The decoder's own way in fp32: each thread has its rows."""
    compiled = compiled_layers()
    if compiled is None:
        raise ImportError("they are not for this processor")
    chain = compiled.of(layers)
    start, out = torch.from_numpy(first), torch.empty(first.shape)
    each = -(-len(start) // threads)

    def part(begin: int) -> None:
        chain(start[begin : begin + each].relu(), out[begin : begin + each])

    def run() -> np.ndarray:
        with torch.inference_mode():
            share_out(partial(part, begin) for begin in range(0, len(start), each))
        return out.numpy()

    return run


def in_onnxruntime(first: np.ndarray, layers: Layers, threads: int) -> Run:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, name = [helper.make_node("Relu", ["x"], ["a0"])], [], "a0"
    for number, (matrix, bias) in enumerate(layers):
        weights += [
            numpy_helper.from_array(matrix.numpy(), f"w{number}"),
            numpy_helper.from_array(bias.numpy(), f"b{number}"),
        ]
        product = helper.make_node(
            "Gemm", [name, f"w{number}", f"b{number}"], [f"g{number}"], transB=1
        )
        name = f"a{number + 1}"
        nodes += [product, helper.make_node("Relu", [f"g{number}"], [name])]
    rows, width = first.shape
    ends = [
        helper.make_tensor_value_info(each, TensorProto.FLOAT, [rows, width])
        for each in ("x", name)
    ]
    graph = helper.make_graph(nodes, "hidden", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda: session.run(None, {"x": first})[0]


def in_openvino(first: np.ndarray, layers: Layers, threads: int, precision: str) -> Run:
    import openvino
    from openvino import opset13 as ops

    x = node = ops.parameter(list(first.shape), np.float32)
    node = ops.relu(node)
    for matrix, bias in layers:
        product = ops.matmul(node, ops.constant(matrix.numpy()), False, True)
        node = ops.relu(ops.add(product, ops.constant(bias.numpy())))
    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(
        openvino.Model([node], [x]), "CPU", {**settings, "PERFORMANCE_HINT": "LATENCY"}
    )
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(first, shared_memory=True))

    def run() -> np.ndarray:
        request.infer()
        return request.get_output_tensor().data

    return run


def make(name: str, first: np.ndarray, layers: Layers, threads: int) -> Run:
    engine, precision = name.split(", ")
    if engine == "torch":
        return in_torch(first, layers, PRECISIONS[precision])
    if engine == "loops":
        return in_loops(first, layers, threads)
    if engine == "ONNX Runtime":
        return in_onnxruntime(first, layers, threads)
    return in_openvino(first, layers, threads, {"fp32": "f32", "bf16": "bf16"}[precision])


def problem(width: int, count: int) -> tuple[np.ndarray, Layers]:
    """One band of first sums, and the layers."""
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(BAND // width, width, generator=generator).numpy()
    layers = [
        (torch.randn(width, width, generator=generator) / width**0.5, torch.zeros(width))
        for _ in range(count)
    ]
    return first, layers


def measure(name: str, shape: tuple[int, int], threads: int, rounds: int) -> tuple[float, float]:
    """Seconds of the fastest round, and the largest error as a share of the largest value."""
    torch.set_num_threads(threads)
    first, layers = problem(*shape)
    exact = in_torch(first, layers, torch.float32)().copy()
    run = make(name, first, layers, threads)
    error = np.abs(run() - exact).max() / np.abs(exact).max()
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - began)
    return best, float(error)


def apart(name: str, *settings: Any) -> tuple[float, float]:
    """`measure` in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure, name, *settings).result()


def compare(shape: tuple[int, int], threads: int, turns: int, rounds: int) -> None:
    found: dict[str, tuple[float, float]] = {}
    for _ in range(turns):
        for name in ENGINES:
            if "bf16" in name and not cpu_has_bf16():
                continue
            try:
                one = apart(name, shape, threads, rounds)
            except ImportError as error:
                print(f"  {name:20} left out ({error})")
                continue
            found[name] = min(one, found.get(name, one))
    width, count = shape
    rows = BAND // width
    for name, (seconds, error) in found.items():
        rate = 2 * rows * width * width * count / seconds / 1e9
        print(
            f"  {name:20} {1e3 * seconds:7.3f} ms  {rows / 4 / seconds / 1e6:6.2f} Mpx/s"
            f"  {rate:5.0f} GFLOP/s  error {error:.1e}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    for title, shape in SHAPES.items():
        print(f"{title}: {BAND // shape[0]} rows, {options.threads} threads")
        compare(shape, options.threads, options.turns, options.rounds)


if __name__ == "__main__":
    main()
