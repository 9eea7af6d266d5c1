"""Programs that read the pages. `python -m docs.tools.links` mends line numbers."""
