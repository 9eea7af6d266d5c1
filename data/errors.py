"""The one error of this package.

It holds no logic: whoever finds bad data writes the sentence on the spot.
"""


class DataError(ValueError):
    """Bad data or a bad request for data: one sentence with rule, value and cure."""
