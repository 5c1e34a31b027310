"""Forward models: what an instrument does to an image, and how it is undone."""
