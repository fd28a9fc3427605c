"""The chart that is shipped is the one that the script draws."""

from __future__ import annotations

import numpy as np
from PIL import Image

from resources.samples import CHART, sample_path
from tools.draw_chart import draw


def test_the_shipped_chart_is_the_drawn_one() -> None:
    """To one step: processors differ in the last bit of a sine."""
    with Image.open(sample_path(CHART)) as picture:
        shipped = np.asarray(picture, np.int16)
    assert np.abs(np.asarray(draw(), np.int16) - shipped).max() <= 1
