"""The two ways in which a request can fail without anything being broken."""


class UsageError(ValueError):
    """The user asked for something wrong: one sentence, exit code 2, no traceback."""


class UnsupportedError(Exception):
    """An implementation cannot do what was asked; its row shows n/a and this reason."""
