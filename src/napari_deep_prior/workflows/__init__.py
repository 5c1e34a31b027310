"""One file or many files restored: without terminal and without window."""
