"""File formats, one room each."""
