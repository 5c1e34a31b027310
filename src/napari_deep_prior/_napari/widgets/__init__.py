"""Parts of the panel that know nothing of a fit."""
