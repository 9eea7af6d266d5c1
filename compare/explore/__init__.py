"""What is in the data, before anything learns from it."""
