"""Continuous images: networks, samplers and their checkpoints. torch, no Qt, no image files."""

import os

# GNU OpenMP's threads spin, by default for a very long time, while they wait for the slowest of
# their team. Where something else runs as well (the window, an export, another program) that
# made encoding up to ten times slower; not spinning at all made small operations half as fast.
# A short spin is right for both. It must be set before torch is loaded, which no module of this
# package does before this one.
os.environ.setdefault("GOMP_SPINCOUNT", "3000")
