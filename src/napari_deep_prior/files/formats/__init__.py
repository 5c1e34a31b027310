"""File formats, one room each: a new format is one new file here."""
