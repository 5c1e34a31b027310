"""The caller's array, its axes and units, and the planes and tensors made of it.

A *plane* is what one fit restores: (y, x), or (z, y, x) where stacks are fitted as volumes.
"""
