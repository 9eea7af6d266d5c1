"""The old place of `compare.files`."""

from compare.files import check_place, write_atomically, write_text

__all__ = ["check_place", "write_atomically", "write_text"]
