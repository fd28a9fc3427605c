"""What `benchmark` prints: tables of its figures, and how they stand to what is aimed at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from models.evaluation.speed import FrameSpeed
from viewer.commands.columns import aligned
from viewer.rendering.pacing import summary

if TYPE_CHECKING:
    from viewer.commands.benchmark import Results

CASES = {
    "reduced": "the whole picture, reduced",
    "fresh": "a place never seen, at 4×",
    "zoom": "zoom from 4× to 5× on the spot",
    "pan": "pan by 64 pixels",
}
NONE = "–"


def tables(results: Results) -> str:
    """All of it, one table after the other."""
    parts = [_head(results), _frames(results), _ratios(results), _delays(results)]
    if results.pacing is not None:
        parts.append(_pacing(summary(results.pacing)))
    return "\n\n".join(parts)


def _head(results: Results) -> str:
    words = [
        f"{results.device} · {results.threads} threads of {results.processors} processors",
        f"matrix product {_rate(results.matmul)}",
    ]
    if results.memory is not None:
        words.append(f"peak memory {results.memory:,.0f} MiB")
    if results.device_memory is not None:
        words.append(f"and {results.device_memory:,.0f} MiB on the device")
    return " · ".join(words)


def _frames(results: Results) -> str:
    head = (
        "FRAMES AT 4×",
        "SIZE",
        "ENCODE",
        "DECODE",
        "BY",
        "PIXELS/S",
        "FLOP/S",
        "OF THE PRODUCT",
    )
    rows = [
        _frame(name, each, results.matmul)
        for name, speeds in results.frames.items()
        for each in speeds
    ]
    return aligned([head, *rows])


def _frame(name: str, speed: FrameSpeed, matmul: float) -> tuple[str, ...]:
    rate = speed.decode_flops / speed.decode
    return (
        name,
        f"{speed.columns} × {speed.rows}",
        f"{speed.encode:.3f} s",
        f"{speed.decode:.3f} s",
        speed.path or NONE,
        f"{speed.columns * speed.rows / speed.decode / 1e6:.2f} M",
        _rate(rate) if rate else NONE,
        f"{rate / matmul:.0%}" if rate else NONE,
    )


def _ratios(results: Results) -> str:
    head = ("AGAINST THE LITERAL FORM", "SIZE", "FAST", "LITERAL", "TIMES", "LARGEST ERROR")
    rows = [
        (
            name,
            f"{each.columns} × {each.rows}",
            f"{each.fast:.3f} s",
            f"{each.literal:.3f} s",
            f"{each.factor:.1f}",
            f"{255 * each.error:.2f}/255",
        )
        for name, each in results.ratios.items()
    ]
    return aligned([head, *rows])


def _delays(results: Results) -> str:
    head = ("1280 × 720 OVER 24 MEGAPIXELS", "FIRST LIIF PIXELS", "FINAL")
    rows = [
        (
            text,
            NONE if results.delays[name].first is None else f"{results.delays[name].first:.3f} s",
            f"{results.delays[name].final:.3f} s",
        )
        for name, text in CASES.items()
    ]
    return aligned([head, *rows])


def _pacing(told: dict[str, Any]) -> str:
    head = ("THE WINDOW, MILLISECONDS", "MEDIAN", "95 %", "99 %", "LONGEST")
    names = {
        "blocks": "its thread was busy",
        "paints": "a paint",
        "paint_intervals": "from paint to paint, moving",
        "latencies": "from input to paint",
    }
    rows = [
        (text, *(f"{told[name][key]:.1f}" for key in ("median", "p95", "p99", "longest")))
        for name, text in names.items()
    ]
    return "\n".join([aligned([head, *rows]), *_totals(told)])


def _totals(told: dict[str, Any]) -> Iterator[str]:
    final = NONE if told["final"] is None else f"{told['final']:.2f} s"
    yield f"final after the hand rests: {final} (median of the gestures)"
    share = told["stale"] / max(told["views"], 1)
    yield f"{told['stale']} stale batches in {told['views']} views ({share:.2f} a view)"


def _rate(flops: float) -> str:
    return f"{flops / 1e12:.2f} TFLOP/s" if flops >= 1e12 else f"{flops / 1e9:.0f} GFLOP/s"
