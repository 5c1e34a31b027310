"""Settings of all tests."""

import os

import torch  # before Qt: on Windows PyTorch does not load after it
from hypothesis import settings

os.environ["NAPARI_CONFIG"] = ""  # napari keeps its settings in memory: the user's own stay untouched
# Files run side by side share the cores; where more threads wait for each other than there are cores, all are slow.
torch.set_num_threads(max(1, min(2, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))))

settings.register_profile("laws", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("laws")
