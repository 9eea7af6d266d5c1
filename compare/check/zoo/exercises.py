"""Exercises: files with one planted mistake, from easy to hard.

The file tells what is known to be wrong, as a user would see it, never where.
"""

from dataclasses import dataclass
from pathlib import Path

from compare.check.zoo.planting import Specimen
from compare.check.zoo.specimens import SPECIMENS
from compare.errors import UsageError


@dataclass(frozen=True)
class Exercise:
    """One exercise: what its victim noticed, and the specimen behind it."""

    level: str
    symptom: str
    key: str
    layer: int = 1
    note: str = ""
    local: bool = False  # in one layer only

    @property
    def specimen(self) -> Specimen:
        """Return the specimen that the exercise plants."""
        for specimen in SPECIMENS:
            if (specimen.key, bool(specimen.layers)) != (self.key, self.local):
                continue
            if specimen.note == self.note:
                return specimen
        raise LookupError(f"no specimen {self.key} with note {self.note!r}")


EASY, MIDDLE, HARD = "easy", "middle", "hard"

EXERCISES = (
    Exercise(EASY, "The loss rises from the first step.", "wrong-sign"),
    Exercise(EASY, "With twice the batch size, training explodes.", "sum-over-batch"),
    Exercise(EASY, "The biases never change.", "db-missing"),
    Exercise(
        EASY, "A picture's probabilities depend on its neighbours.", "softmax-axis"
    ),
    Exercise(
        EASY, "It trains, but the accuracy stays a little low.", "forward-no-bias"
    ),
    Exercise(
        EASY, "It learns to answer 4 for every 5.", "labels-off-by-one", note="[y - 1]"
    ),
    Exercise(EASY, "Every hidden unit stays at zero.", "weights-zeroed"),
    Exercise(MIDDLE, "It trains ten times slower than it should.", "mean-over-classes"),
    Exercise(
        MIDDLE, "It trains as if there were no hidden layers.", "derivative-missing"
    ),
    Exercise(MIDDLE, "No logit is ever negative.", "output-activation"),
    Exercise(MIDDLE, "After a while everything is NaN.", "softmax-overflow"),
    Exercise(MIDDLE, "The biases hardly learn.", "db-averaged"),
    Exercise(MIDDLE, "Each epoch begins with a jump of the loss.", "accumulated"),
    Exercise(MIDDLE, "Some images are never seen.", "short-batch-dropped"),
    Exercise(MIDDLE, "Shuffling makes no difference.", "order-ignored"),
    Exercise(MIDDLE, "Momentum seems to do nothing.", "momentum-damped"),
    Exercise(
        MIDDLE,
        "The first steps of Adam are far too large.",
        "adam-no-correction",
        note="v adam",
    ),
    Exercise(MIDDLE, "The loss is never exactly right.", "log-epsilon", note="1e-9"),
    Exercise(
        HARD,
        "Right on random data, wrong on black images.",
        "relu-mask-at-zero",
    ),
    Exercise(
        HARD,
        "One of the three layers learns something else.",
        "derivative-missing",
        layer=1,
        local=True,
    ),
    Exercise(HARD, "The last step of each epoch is too small.", "short-batch-divisor"),
    Exercise(
        HARD, "It works, and is never quite what PyTorch gives.", "updated-weights"
    ),
    Exercise(HARD, "Weight decay shrinks too much.", "l2-on-biases"),
    Exercise(HARD, "The second run differs from the first.", "not-reset"),
    Exercise(
        HARD,
        "It works; only the inventor of Adam objects.",
        "adam-epsilon",
        note="before the correction adam",
    ),
)


def source(number: int) -> str:
    """Return the file of exercise `number`, counted from 1.

    Raises
    ------
    UsageError
        If there is no such exercise.
    """
    exercise = find(number)
    specimen = exercise.specimen
    text = specimen.source(exercise.layer)
    for name, value in specimen.options.items():
        text = _with_default(text, name, value)
    if specimen.options.get("optimizer") in ("adam", "adamw"):
        text = _with_default(text, "learning_rate", 0.001)
    name = file_name(number)
    head = f'''"""Exercise {number} ({exercise.level}): this network has one mistake.

What was noticed: {exercise.symptom}

Look which gates fail, and think, before you ask for the diagnosis:

    python -m compare check {name}:MyMLP --no-diagnosis
    python -m compare check {name}:MyMLP

Mend the line, and check again.
"""
'''
    return head + text.split('"""\n', 1)[1]


def _with_default(text: str, name: str, value: object) -> str:
    """Return the text with another default of one hyper-parameter."""
    start = text.index(f"        {name}=")
    end = text.index(",\n", start)
    written = f'"{value}"' if isinstance(value, str) else repr(value)
    return f"{text[:start]}        {name}={written}{text[end:]}"


def find(number: int) -> Exercise:
    """Return exercise `number`, counted from 1."""
    if not 1 <= number <= len(EXERCISES):
        raise UsageError(
            f"--exercise must be a number from 1 to {len(EXERCISES)}, got {number}"
        )
    return EXERCISES[number - 1]


def file_name(number: int) -> str:
    """Return the name of the file of an exercise."""
    return f"exercise_{number}.py"


def write(number: int, folder: Path) -> Path:
    """Write exercise `number` into `folder` and return its path.

    Raises
    ------
    UsageError
        If there is no such exercise, or the file is there already.
    """
    text, path = source(number), folder / file_name(number)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already, perhaps half mended: move it, or delete it"
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return path


def overview() -> str:
    """Return the list of exercises, without the answers."""
    width = max(len(exercise.level) for exercise in EXERCISES)
    lines = [
        f"{number:>3}  {exercise.level:<{width}}  {exercise.symptom}"
        for number, exercise in enumerate(EXERCISES, 1)
    ]
    return "\n".join(lines)
