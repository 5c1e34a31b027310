"""Running a fit: planes, budgets, snapshots, records."""
