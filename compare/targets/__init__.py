"""The speed targets of the hand-written network."""
