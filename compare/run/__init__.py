"""The comparison itself: python -m compare."""
