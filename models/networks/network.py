"""Any complete network: what checkpoints hold and samplers are made from."""

from __future__ import annotations

from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.upscaler import Upscaler

Network = LIIF | MetaSR | Upscaler
"""Each is a module with a ``spec``: name and arguments, enough to build the same one again."""
