"""What goes into a job besides its image."""
