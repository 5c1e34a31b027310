"""Classical image processing, without a network."""
