"""Scores of an evaluation, and how they are shown: tables, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from models.evaluation.protocol import Protocol, Score
from viewer.commands.columns import aligned

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """What one sampler made of one picture at one scale.

    Attributes:
        data_set: name of the picture's folder.
        image: the picture's file name.
        scale: output pixels a source pixel.
        sampler: as it was asked for.
        score: the result.
    """

    data_set: str
    image: str
    scale: float
    sampler: str
    score: Score


@dataclass(frozen=True)
class Scores:
    """All results of an evaluation.

    Attributes:
        data: the folder, as it was given.
        protocol: how pictures were compared.
        backend: device and precision, for people.
        titles: samplers as they were asked for → for people.
        rows: one per picture, scale and sampler.
    """

    data: str
    protocol: Protocol
    backend: str
    titles: Mapping[str, str]
    rows: Sequence[Row]

    def tables(self) -> str:
        """A table of means for each data set, and one over all pictures if there are several."""
        sets = _distinct(row.data_set for row in self.rows)
        parts = [self._table(name, self._of(name)) for name in sets]
        if len(sets) > 1:
            parts.append(self._table(f"all {len(sets)} sets", self.rows))
        return "\n\n".join(parts)

    def as_json(self) -> str:
        """Means and the pictures' own scores. PSNR is null where pixels are equal (infinite)."""
        sets = _distinct(row.data_set for row in self.rows)
        return json.dumps(
            {
                "data": self.data,
                "protocol": self.protocol.name,
                "backend": self.backend,
                "results": [
                    {"data_set": name, **result}
                    for name in sets
                    for result in self._results(self._of(name), each=True)
                ],
                "mean": self._results(self.rows, each=False),
            },
            indent=2,
            ensure_ascii=False,
        )

    def as_csv(self) -> str:
        """One line per picture, scale and sampler; ``mean`` stands for a data set's picture."""
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(("data_set", "image", "scale", "sampler", "psnr", "ssim"))
        for name in _distinct(row.data_set for row in self.rows):
            rows = self._of(name)
            for row in rows:
                lines.writerow((*_place(row), *_decimals(row.score)))
            for (scale, sampler), group in _groups(rows).items():
                lines.writerow((name, "mean", number(scale), sampler, *_decimals(_mean(group))))
        return text.getvalue()

    def _of(self, data_set: str) -> list[Row]:
        return [row for row in self.rows if row.data_set == data_set]

    def _table(self, name: str, rows: Sequence[Row]) -> str:
        groups = _groups(rows)
        scales = _distinct(row.scale for row in rows)
        lines = [("SAMPLER", "TITLE", *(f"×{number(scale)}" for scale in scales))]
        for sampler, title in self.titles.items():
            means = (_mean(groups[scale, sampler]) for scale in scales)
            lines.append((sampler, title, *map(_cell, means)))
        return f"{self._heading(name, rows)}\n{aligned(lines)}"

    def _heading(self, name: str, rows: Sequence[Row]) -> str:
        count = len({(row.data_set, row.image) for row in rows})
        images = f"{count} image{'s' * (count > 1)}"
        channels = "luma" if self.protocol.luma else "RGB"
        measure = f"PSNR of {channels} in dB / SSIM, protocol {self.protocol.name}"
        return f"{name} · {images} · {measure} · {self.backend}"

    def _results(self, rows: Sequence[Row], each: bool) -> list[dict[str, Any]]:
        results = []
        for (scale, sampler), group in _groups(rows).items():
            result: dict[str, Any] = {
                "scale": number(scale),
                "sampler": sampler,
                "title": self.titles[sampler],
                **_values(_mean(group)),
            }
            if each:
                result["images"] = [{"image": row.image, **_values(row.score)} for row in group]
            results.append(result)
        return results


def number(scale: float) -> float | int:
    """A scale without needless decimals: 2 and 2.5."""
    return int(scale) if scale.is_integer() else round(scale, 6)


def _groups(rows: Sequence[Row]) -> dict[tuple[float, str], list[Row]]:
    """Rows by scale and sampler, in the order in which these come first."""
    groups: dict[tuple[float, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.scale, row.sampler), []).append(row)
    return groups


def _mean(rows: Iterable[Row]) -> Score:
    return Score.mean(row.score for row in rows)


def _distinct(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))


def _cell(score: Score) -> str:
    return f"{score.psnr:.2f} / {score.ssim:.4f}"


def _values(score: Score) -> dict[str, float | None]:
    return {"psnr": score.psnr if math.isfinite(score.psnr) else None, "ssim": score.ssim}


def _place(row: Row) -> tuple[str, str, float | int, str]:
    return row.data_set, row.image, number(row.scale), row.sampler


def _decimals(score: Score) -> tuple[str, str]:
    return f"{score.psnr:.4f}", f"{score.ssim:.6f}"
