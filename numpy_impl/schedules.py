"""How the learning rate changes during training: η(step) = η · factor(step).

The factor is a plain function of the number of the step, so that no state can go wrong:
a run that starts again starts at the beginning. Time is measured in steps, not epochs,
because a rate that changes smoothly ends nearer to a minimum than one that jumps;
lengths are given in epochs, because that is how people think of them.
"""

import math
from dataclasses import dataclass

KINDS = ("constant", "step", "cosine")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A warm-up, and then one of three shapes.

    Attributes
    ----------
    schedule : {"constant", "step", "cosine"}
        ``step``: times `step_factor` after every `step_epochs` epochs, counted from
        the start. ``cosine``: half a cosine wave from 1, after the warm-up, to 0 at
        the end of `n_epochs`. Needs `n_epochs`; later steps keep the last factor.
    warmup_epochs : float
        Over so many epochs, first the factor also rises in a straight line: 1/w, 2/w,
        …, 1 with w the number of warm-up steps. 0: no warm-up.
    """

    schedule: str = "constant"
    n_epochs: int = 0
    warmup_epochs: float = 0.0
    step_epochs: int = 10
    step_factor: float = 0.1

    def __post_init__(self) -> None:
        if self.schedule not in KINDS:
            raise ValueError(
                f"schedule must be one of {', '.join(KINDS)}, got {self.schedule!r}"
            )
        if self.schedule == "cosine" and self.n_epochs <= self.warmup_epochs:
            raise ValueError(
                "schedule='cosine' needs n_epochs, the length of the training, longer "
                f"than the warm-up of {self.warmup_epochs}, got {self.n_epochs}"
            )

    def factor(self, step: int, steps_per_epoch: int) -> float:
        """Return the factor of a step, counted from 0."""
        warmup_steps = round(self.warmup_epochs * steps_per_epoch)
        warmup = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
        if self.schedule == "step":
            drops = step // (self.step_epochs * steps_per_epoch)
            return warmup * self.step_factor**drops
        if self.schedule == "cosine":
            n_steps = self.n_epochs * steps_per_epoch
            done = min(step, n_steps - 1) - warmup_steps
            if done > 0:
                progress = done / (n_steps - warmup_steps)
                return (1 + math.cos(math.pi * progress)) / 2
        return warmup
