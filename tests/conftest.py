"""Settings of all tests."""

import os

import torch  # before Qt: on Windows PyTorch does not load after it
from hypothesis import settings

os.environ["NAPARI_CONFIG"] = ""  # napari keeps its settings in memory: the user's own stay untouched
torch.set_num_threads(min(2, os.cpu_count() or 1))

settings.register_profile("laws", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("laws")
