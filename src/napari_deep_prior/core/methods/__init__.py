"""Methods: how a network is fitted to one image."""
