"""The noise of an image: measured, modelled, and made."""
