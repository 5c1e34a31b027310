"""A run: its thread, its messages, its live layer."""
