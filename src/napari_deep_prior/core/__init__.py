"""The engine: numpy and torch only; no window, no files, no prints, no threads."""
