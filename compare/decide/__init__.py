"""NumPy or a framework? What it costs to use a trained network, measured here."""
