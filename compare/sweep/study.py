"""What a study asks for: a TOML file, read, checked, and turned into trainings.

```toml
summary = "Which learning rate for which optimizer?"
engines = ["numpy", "torch"]      # or "all": every engine that is installed
seeds = 3                         # or a list
recipe = "default"                # where everything that is not varied comes from
n_epochs = 5

[fixed]                           # hyper-parameters that differ from the recipe's
batch_size = 64

[vary]                            # a list: these values. A table: a range to sample
optimizer = ["sgd", "adam"]
learning_rate = { low = 0.0003, high = 0.3, log = true }

[sample]                          # only where a range is given
kind = "sobol"                    # or "random"
n = 32
seed = 0

[show]                            # the figure
x = "learning_rate"
lines = "optimizer"
panels = "engine"
```

Beside hyper-parameters, `data`, `init`, `n_epochs` and `train_samples` can be varied.
"""

import dataclasses
import itertools
import math
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from compare import recipe as recipes
from compare import registry
from compare.config import HyperParameters
from compare.errors import UsageError
from compare.recipe import Recipe
from compare.sweep.training import Training

SHIPPED = Path(__file__).with_name("studies")
HYPER = {f.name for f in fields(HyperParameters)}
OF_RECIPE = {"init", "n_epochs", "train_samples"}
KINDS = ("sobol", "random")
# More is a slip of the finger: weeks of work.
MOST_TRAININGS = 100_000


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study as its file describes it; `trainings` are what it comes to."""

    name: str
    summary: str
    engines: tuple[str, ...]
    seeds: tuple[int, ...]
    base: Recipe
    data: str = "mnist"
    vary: dict[str, Any] = field(default_factory=dict)
    sample: dict[str, Any] = field(default_factory=dict)
    show: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The summary as the beginning of a sentence."""
        return self.summary[:1].upper() + self.summary[1:]

    def points(self) -> list[dict[str, Any]]:
        """Return the settings of each point: all lists crossed, and the sample."""
        ranges = {n: v for n, v in self.vary.items() if isinstance(v, dict)}
        lists = {n: v for n, v in self.vary.items() if n not in ranges}
        grid = [
            dict(zip(lists, values, strict=True))
            for values in itertools.product(*lists.values())
        ]
        drawn = draw(ranges, self.sample) if ranges else [{}]
        # In the order of the file, so that columns stand as the reader wrote them.
        return [
            {name: (one | other)[name] for name in self.vary}
            for one in grid
            for other in drawn
        ]

    def trainings(self) -> list[Training]:
        """Return every training: points × engines × seeds."""
        points = self.points()
        total = len(points) * len(self.engines) * len(self.seeds)
        if total > MOST_TRAININGS:
            raise UsageError(
                f"{self.name}: {total:,} trainings are more than {MOST_TRAININGS:,}; "
                "vary less, or draw a sample"
            )
        return [
            Training(
                engine=engine,
                recipe=at(self.base, point, self.name),
                seed=seed,
                data=str(point.get("data", self.data)),
                point=point,
            )
            for point in points
            for engine in self.engines
            for seed in self.seeds
        ]


def at(base: Recipe, point: dict[str, Any], name: str) -> Recipe:
    """Return the recipe with the settings of one point."""
    numbers = {n: v for n, v in point.items() if n in HYPER - OF_RECIPE}
    if isinstance(numbers.get("layer_sizes"), str):
        numbers["layer_sizes"] = tuple(map(int, numbers["layer_sizes"].split("-")))
    own = {n: v for n, v in point.items() if n in OF_RECIPE - {"n_epochs"}}
    try:
        hp = dataclasses.replace(base.hyper_parameters, **numbers)
        changed = dataclasses.replace(base, hyper_parameters=hp, **own)
        return changed.with_epochs(point.get("n_epochs", base.n_epochs))
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: {error}") from error


def draw(ranges: dict[str, Any], sample: dict[str, Any]) -> list[dict[str, Any]]:
    """Return points spread over the ranges, by SciPy's Sobol sequence or at random."""
    from scipy.stats import qmc

    n, seed = sample["n"], sample.get("seed", 0)
    if sample["kind"] == "sobol":
        sampler = qmc.Sobol(len(ranges), rng=seed)
        # Balanced only for powers of two: draw the next one, and take the first n.
        unit = sampler.random_base2(math.ceil(math.log2(n)))[:n]
    else:
        import numpy as np

        unit = np.random.default_rng(seed).random((n, len(ranges)))
    return [
        {
            name: _within(share, limits)
            for (name, limits), share in zip(ranges.items(), row, strict=True)
        }
        for row in unit.tolist()
    ]


def _within(share: float, limits: dict[str, Any]) -> float | int:
    low, high = limits["low"], limits["high"]
    if limits.get("log"):
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    else:
        value = low + share * (high - low)
    if isinstance(low, int) and isinstance(high, int):
        return round(value)
    return float(f"{value:.6g}")  # as a reader would write it


def names() -> dict[str, str]:
    """Return the studies that ship, with a line for each."""
    return {
        path.stem: str(tomllib.loads(path.read_text(encoding="utf-8"))["summary"])
        for path in sorted(SHIPPED.glob("*.toml"))
    }


def find(name: str) -> Study:
    """Return the study of a file, or one that ships by its name."""
    path = Path(name)
    if not path.suffix and (SHIPPED / f"{name}.toml").exists():
        path = SHIPPED / f"{name}.toml"
    if not path.exists():
        raise UsageError(
            f"no study {name!r}: give a .toml file, or one that ships: "
            f"{', '.join(sorted(p.stem for p in SHIPPED.glob('*.toml')))}"
        )
    return read(path)


def read(path: Path) -> Study:
    """Return the study that a file describes.

    Raises
    ------
    UsageError
        With the file's name, if it is no TOML, or a field is unknown or out of range.
    """
    try:
        with path.open("rb") as file:
            return _study(path.stem, tomllib.load(file))
    except (OSError, tomllib.TOMLDecodeError, UsageError) as error:
        raise UsageError(f"{path}: {error}") from None


def _study(name: str, table: dict[str, Any]) -> Study:
    known = {"summary", "engines", "seeds", "recipe", "data", "n_epochs", "init"}
    known |= {"train_samples", "fixed", "vary", "sample", "show"}
    if unknown := sorted(set(table) - known):
        raise UsageError(
            f"a study has no field {unknown[0]!r}; it has {', '.join(sorted(known))}"
        )
    base = recipes.load(table.get("recipe", "default"))
    fixed = {**table.get("fixed", {}), **{n: table[n] for n in OF_RECIPE & set(table)}}
    vary = table.get("vary", {})
    for what, given in (("fixed", fixed), ("vary", vary)):
        allowed = HYPER | OF_RECIPE | ({"data"} if what == "vary" else set())
        if unknown := sorted(set(given) - allowed):
            raise UsageError(
                f"{what} has no setting {unknown[0]!r}; it may have "
                f"{', '.join(sorted(allowed))}"
            )
    base = at(base, fixed, name)
    seeds = table.get("seeds", base.seeds)
    study = Study(
        name=name,
        summary=str(table.get("summary", name)),
        engines=_engines(table.get("engines", list(base.implementations))),
        seeds=tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds),
        base=base,
        data=str(table.get("data", "mnist")),
        vary=vary,
        sample=_sample(vary, table.get("sample", {})),
        show=table.get("show", {}),
    )
    if not study.seeds:
        raise UsageError(f"seeds must be at least one, got {seeds}")
    for axis, shown in study.show.items():
        if shown not in {*vary, "engine"}:
            raise UsageError(f"show: {axis} must be one of what is varied, got {shown}")
    return study


def _engines(given: Any) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else list(given)
    chosen = tuple(registry.chosen(listed))
    if not chosen:
        raise UsageError("engines must name at least one")
    return chosen


def _sample(vary: dict[str, Any], sample: dict[str, Any]) -> dict[str, Any]:
    ranges = {name: v for name, v in vary.items() if isinstance(v, dict)}
    for name, values in vary.items():
        if name not in ranges and (not isinstance(values, list) or not values):
            raise UsageError(f"vary.{name} must be a list of values or a range")
    for name, limits in ranges.items():
        low, high = limits.get("low"), limits.get("high")
        if not isinstance(low, int | float) or not isinstance(high, int | float):
            raise UsageError(f"vary.{name} must have low and high, got {limits}")
        if not low < high or (limits.get("log") and low <= 0):
            raise UsageError(
                f"vary.{name}: low must be below high, and above 0 with log, got "
                f"{low} and {high}"
            )
    if not ranges:
        return {}
    kind, n = sample.get("kind", KINDS[0]), sample.get("n")
    if kind not in KINDS or not isinstance(n, int) or n < 1:
        raise UsageError(
            f"a range needs a [sample] with kind = {' or '.join(KINDS)} and n >= 1, "
            f"got kind {kind!r} and n {n!r}"
        )
    return {"kind": kind, "n": n, "seed": sample.get("seed", 0)}
