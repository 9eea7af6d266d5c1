"""What `explain` leaves in a folder: everything that was found, and the rows of it.

Tables, figures and the section of the report are made from this file alone.
"""

import base64
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare.architecture import Architecture
from compare.config import HyperParameters
from compare.errors import UsageError
from compare.explain.ablation import Ablation
from compare.explain.effects import Effect, Explanation, explain
from compare.explain.gate import Same
from compare.explain.settings import SETTINGS, Configuration, Setting
from compare.explain.times import Factor, Times
from compare.files import write_atomically
from compare.statistics import MeanInterval

FILE_NAME = "explain.json"
SCHEMA = 1


@dataclass
class Side:
    """One of the two trainings: who, with what, and what the documentation calls it."""

    engine: str
    framework: str
    configuration: Configuration
    names: dict[str, str]


@dataclass
class Record:
    """One run of `explain`."""

    first: Side
    second: Side
    data: dict[str, Any]
    environment: dict[str, Any]
    architecture: Architecture
    activation: str
    n_seeds_planned: int
    ablation: Ablation
    same: list[Same] = field(default_factory=list)
    times: Times = field(default_factory=Times)
    finished: bool = False

    @property
    def settings(self) -> list[Setting]:
        """Return the settings that were switched."""
        by_name = {s.name: s for s in SETTINGS}
        return [
            by_name[key.removeprefix("on ")]
            for key in self.ablation.cells
            if key.startswith("on ")
        ]

    def explanation(self) -> Explanation:
        """Return effects with their intervals."""
        return explain(self.ablation, self.settings)

    def write(self, folder: Path) -> None:
        """Write `explain.json`."""
        fields = asdict(self) | {"schema": SCHEMA}
        fields |= fields.pop("architecture")
        fields["ablation"]["correct"] = {
            key: {str(seed): _pack(bits) for seed, bits in by_seed.items()}
            for key, by_seed in self.ablation.correct.items()
        }
        text = json.dumps(fields, indent=1, allow_nan=False)
        write_atomically(folder / FILE_NAME, text.encode())


def read(path: Path) -> Record:
    """Read what `write` has written.

    Raises
    ------
    UsageError
        If it is something else.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields.pop("schema") != SCHEMA:
            raise KeyError("schema")
        times = fields["times"]
        return Record(
            first=_side(fields["first"]),
            second=_side(fields["second"]),
            data=fields["data"],
            environment=fields["environment"],
            architecture=_architecture(fields),
            activation=fields["activation"],
            n_seeds_planned=fields["n_seeds_planned"],
            ablation=_ablation(fields["ablation"]),
            same=[Same(**same) for same in fields["same"]],
            times=Times(
                **times
                | {
                    "total": _factor(times["total"]),
                    "engine": _factor(times["engine"]),
                    "settings": {k: Factor(**f) for k, f in times["settings"].items()},
                }
            ),
            finished=fields["finished"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} holds no explanation: {error}") from None


def _architecture(fields: dict[str, Any]) -> Architecture:
    """Files of dense networks may say nothing of convolutions."""
    names = ("layer_sizes", "conv_layers", "image_shape")
    given = {name: fields[name] for name in names if name in fields}
    return HyperParameters(**given).architecture


def _factor(fields: dict[str, Any] | None) -> Factor | None:
    return Factor(**fields) if fields else None


def _side(fields: dict[str, Any]) -> Side:
    return Side(**fields | {"configuration": _configuration(fields["configuration"])})


def _configuration(fields: dict[str, Any]) -> Configuration:
    return Configuration(**fields | {"betas": tuple(fields["betas"])})


def _ablation(fields: dict[str, Any]) -> Ablation:
    return Ablation(
        **fields
        | {
            "cells": {k: _configuration(c) for k, c in fields["cells"].items()},
            "correct": {
                key: {int(seed): _unpack(bits) for seed, bits in by_seed.items()}
                for key, by_seed in fields["correct"].items()
            },
            "n_epochs": {
                key: {int(seed): n for seed, n in by_seed.items()}
                for key, by_seed in fields["n_epochs"].items()
            },
        }
    )


def _pack(bits: NDArray[np.bool_]) -> dict[str, Any]:
    data = base64.b64encode(np.packbits(bits).tobytes()).decode("ascii")
    return {"n": len(bits), "bits": data}


def _unpack(packed: dict[str, Any]) -> NDArray[np.bool_]:
    data = np.frombuffer(base64.b64decode(packed["bits"]), np.uint8)
    return np.unpackbits(data, count=packed["n"]).astype(bool)


def rows(record: Record) -> list[dict[str, Any]]:
    """Return the explanation as rows with named fields, for ``--json``.

    Points are percentage points of test accuracy, second minus first; `time_factor`
    is how many times as long. `kind` is total, setting, engine or interactions.
    """
    found, times = record.explanation(), record.times
    ends = {
        "first_accuracy": record.ablation.accuracy("first"),
        "second_accuracy": record.ablation.accuracy("second"),
        "first_seconds": times.first_seconds,
        "second_seconds": times.second_seconds,
    }
    return [
        _row("total", "all", found.total, times.total)
        | {"first": record.first.engine, "second": record.second.engine}
        | ends,
        *(_setting_row(e, times.settings.get(e.setting)) for e in found.effects),
        _row("engine", "the engine itself", None, times.engine)
        | {
            "first": record.first.engine,
            "second": record.second.engine,
            "max_relative_differences": [same.difference for same in record.same],
        },
        _row(
            "interactions",
            "interactions",
            found.interactions,
            Factor(times.rest) if times.rest else None,
        ),
    ]


def _setting_row(effect: Effect, factor: Factor | None) -> dict[str, Any]:
    row = _row("setting", effect.setting, effect.both, factor)
    row |= {"first": effect.first, "second": effect.second}
    for name, part in (("on", effect.on), ("off", effect.off)):
        row |= _points(f"{name}_alone", part)
    return row | {"verdict": effect.verdict, "reason": effect.reason}


def _row(
    kind: str, name: str, found: MeanInterval | None, factor: Factor | None
) -> dict[str, Any]:
    return {
        "kind": kind,
        "setting": name,
        **_points("effect", found),
        "n_seeds": found.n_seeds if found else 0,
        "time_factor": factor.factor if factor else None,
        "time_low": factor.low if factor else None,
        "time_high": factor.high if factor else None,
    }


def _points(name: str, found: MeanInterval | None) -> dict[str, float | None]:
    def points(value: float | None) -> float | None:
        return None if value is None else 100 * value

    return {
        f"{name}_points": points(found.mean) if found else None,
        f"{name}_low": points(found.low) if found else None,
        f"{name}_high": points(found.high) if found else None,
    }
