"""What tests of the rendering loop share."""

from __future__ import annotations

import pytest

from tests.viewer.rendering.fakes import Shop


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A renderer's samplers are fakes, and its time is theirs."""
    made = Shop()
    monkeypatch.setattr("viewer.rendering.kept_samplers.make_sampler", made.make)
    monkeypatch.setattr("viewer.rendering.renderer.time", made.clock)
    return made
