"""What can be said of a result without the truth, and of a fit before it starts."""
