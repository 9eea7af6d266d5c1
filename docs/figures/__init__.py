"""The figures of the pages, each beside the module that draws it.

`python -m docs.figures` draws them all; names draw some: `… network flow`.
"""
