"""When a fit ends: what is kept out of it, and the rules that judge it."""
