"""The parts of the tile benchmark: data, what is measured, and whom with; ``tiles.py`` beside this folder runs them."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before numpy is loaded: threads are what is measured
    os.environ.setdefault(_name, "1")
