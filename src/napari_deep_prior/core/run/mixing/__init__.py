"""A fit and another estimate of the same plane, mixed where the image says it gains."""
