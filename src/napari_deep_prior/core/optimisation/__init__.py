"""Optimisation of the weights of a network: losses, optimisers, learning rates, running means."""
