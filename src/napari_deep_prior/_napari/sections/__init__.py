"""Sections of the panel below the form, one room each."""
