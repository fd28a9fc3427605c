"""Continuous images: networks, samplers and their checkpoints. torch, no Qt, no image files."""

import os

# torch's thread team otherwise spins while it waits for its slowest member. On a machine that is
# doing other things as well (a window, an export, another program) that made encoding four to
# ten times slower; on an idle one it makes no difference that could be measured. It must be set
# before torch is loaded, which every import of this package's modules does.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
