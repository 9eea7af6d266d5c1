"""One training step in numbers that fit on paper."""
