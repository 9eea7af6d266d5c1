"""A rule of the contract that is not kept, and what is said of it."""

from dataclasses import dataclass

from compare.check.findings import Finding
from compare.check.guard import UserCodeError, last_frame


@dataclass(frozen=True)
class Broken:
    """A rule that is not kept: the sentence, and the mistake if it has a name.

    `reason` is what the diagnosis says of it, if that is not the sentence.
    """

    sentence: str
    key: str = ""
    trace: str = ""
    reason: str = ""

    @property
    def finding(self) -> Finding:
        """What the diagnosis says of it."""
        if self.key:
            reason = f"Seen directly: {self.sentence}."
            return Finding("the contract", (self.key,), reason=reason)
        reason = self.reason or f"{self.sentence}."
        return Finding("the contract", (), reason=reason, seen=True)


def raised(error: UserCodeError, broken: list[Broken]) -> Broken | None:
    """Return a rule broken by an exception; None if this very line has been told."""
    told = {last_frame(b.trace) for b in broken if b.trace}
    if error.trace and error.frame in told:
        return None
    return Broken(error.sentence, trace=error.trace, reason=error.as_finding)
