"""One optimisation step, and ensembles of fits in step."""
