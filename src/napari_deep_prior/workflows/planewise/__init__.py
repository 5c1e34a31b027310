"""Stacks that do not fit into memory, or are restored by several processes: plane by plane, from file to file."""
