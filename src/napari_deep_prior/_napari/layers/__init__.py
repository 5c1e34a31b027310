"""Layers and arrays."""
