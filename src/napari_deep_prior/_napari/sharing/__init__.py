"""Saving, sharing, and results that are opened again."""
