from __future__ import annotations

import json
import math

import pytest

from models.evaluation.protocol import PROTOCOLS, Score
from viewer.commands.scores import Row, Scores, number


def scores(*rows: tuple[str, str, float, str, float, float]) -> Scores:
    return Scores(
        data="somewhere",
        protocol=PROTOCOLS["div2k"],
        backend="CPU, fp32",
        titles={"bicubic": "Bicubic", "liif": "LIIF"},
        rows=[Row(*row[:4], Score(*row[4:])) for row in rows],
    )


TWO_SETS = scores(
    ("One", "a.png", 2.0, "bicubic", 30.0, 0.90),
    ("One", "a.png", 2.0, "liif", 34.0, 0.94),
    ("One", "b.png", 2.0, "bicubic", 20.0, 0.70),
    ("One", "b.png", 2.0, "liif", 24.0, 0.76),
    ("Two", "a.png", 2.0, "bicubic", 40.0, 0.98),
    ("Two", "a.png", 2.0, "liif", 41.0, 0.99),
)


def test_the_tables():
    assert TWO_SETS.tables().splitlines() == [
        "One · 2 images · PSNR of RGB in dB / SSIM, protocol div2k · CPU, fp32",
        "SAMPLER  TITLE    ×2",
        "bicubic  Bicubic  25.00 / 0.8000",
        "liif     LIIF     29.00 / 0.8500",
        "",
        "Two · 1 image · PSNR of RGB in dB / SSIM, protocol div2k · CPU, fp32",
        "SAMPLER  TITLE    ×2",
        "bicubic  Bicubic  40.00 / 0.9800",
        "liif     LIIF     41.00 / 0.9900",
        "",
        "all 2 sets · 3 images · PSNR of RGB in dB / SSIM, protocol div2k · CPU, fp32",
        "SAMPLER  TITLE    ×2",
        "bicubic  Bicubic  30.00 / 0.8600",
        "liif     LIIF     33.00 / 0.8967",
    ]


def test_the_csv():
    assert TWO_SETS.as_csv().splitlines()[:6] == [
        "data_set,image,scale,sampler,psnr,ssim",
        "One,a.png,2,bicubic,30.0000,0.900000",
        "One,a.png,2,liif,34.0000,0.940000",
        "One,b.png,2,bicubic,20.0000,0.700000",
        "One,b.png,2,liif,24.0000,0.760000",
        "One,mean,2,bicubic,25.0000,0.800000",
    ]


def test_the_json():
    report = json.loads(TWO_SETS.as_json())
    assert report["results"][1] == {
        "data_set": "One",
        "scale": 2,
        "sampler": "liif",
        "title": "LIIF",
        "psnr": 29.0,
        "ssim": pytest.approx(0.85),
        "images": [
            {"image": "a.png", "psnr": 34.0, "ssim": 0.94},
            {"image": "b.png", "psnr": 24.0, "ssim": 0.76},
        ],
    }
    assert [each["psnr"] for each in report["mean"]] == [30.0, 33.0]
    assert {key: report[key] for key in ("data", "protocol", "backend")} == {
        "data": "somewhere",
        "protocol": "div2k",
        "backend": "CPU, fp32",
    }


def test_infinity_is_null_in_json():
    text = scores(("One", "a.png", 1.0, "bicubic", math.inf, 1.0)).as_json()
    assert json.loads(text)["results"][0]["psnr"] is None
    assert "Infinity" not in text


@pytest.mark.parametrize(
    ("scale", "text"), [(2.0, "2"), (2.5, "2.5"), (7 / 3, "2.333333"), (30.0, "30")]
)
def test_scales_have_no_needless_decimals(scale, text):
    assert str(number(scale)) == text
