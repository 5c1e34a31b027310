"""The caller's array, its axes and units, and the planes and tensors made of it."""
