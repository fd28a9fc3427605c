"""Settings of tests that compute much on little tensors."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread(_torch_as_it_was: None) -> None:
    """Waiting for a second thread costs more than it computes here, above all on busy machines."""
    torch.set_num_threads(1)
