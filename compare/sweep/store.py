"""A folder with one small JSON file for each training, named by what determines it.

A restart finds what is there and trains only what is missing. The results of several
machines are merged by copying files into one folder: the same training has the same
name everywhere.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare.errors import UsageError
from compare.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

TRAININGS = "trainings"
# Kept for those who look for a slow machine; trainings ran beside one another.
UNRANKED = "unranked_seconds"


def path_of(folder: Path, key: str) -> Path:
    """Return where the training of that name is kept."""
    return folder / TRAININGS / f"{key}.json"


def keep(folder: Path, key: str, record: Mapping[str, Any]) -> None:
    """Write one training, whole or not at all."""
    text = json.dumps(record, indent=1, ensure_ascii=False)
    write_atomically(path_of(folder, key), text.encode())


def is_done(folder: Path, key: str) -> bool:
    """Say whether that training is there. One that failed is tried again."""
    path = path_of(folder, key)
    return path.exists() and _read(path)["status"] != "failed"


def records(folder: Path) -> list[dict[str, Any]]:
    """Return every training of a folder, in the order of their names.

    Raises
    ------
    UsageError
        If the folder holds no trainings, or a file that is none.
    """
    paths = sorted((folder / TRAININGS).glob("*.json"))
    if not paths:
        raise UsageError(f"{folder} holds no trainings: name the folder of a sweep")
    return [_read(path) | {"key": path.stem} for path in paths]


class Kept:
    """The trainings of a folder, each written as soon as it ends.

    What cannot be written, because the disk is full say, is held in memory, so that it
    can be shown; `write_rest` tries once more.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: dict[str, Mapping[str, Any]] = {}

    @property
    def news(self) -> str:
        """A word on what is held, for the progress; "" if nothing is."""
        return f"{len(self._held)} could not be written yet" if self._held else ""

    def keep(self, key: str, record: Mapping[str, Any]) -> None:
        """Write one training, or hold it."""
        try:
            keep(self.folder, key, record)
        except UsageError:
            self._held[key] = record
        else:
            self._held.pop(key, None)

    def is_done(self, key: str) -> bool:
        """Say whether that training is there. One that failed is tried again."""
        if key in self._held:
            return bool(self._held[key]["status"] != "failed")
        return is_done(self.folder, key)

    def write_rest(self) -> None:
        """Write what is held; raise UsageError if that still cannot be."""
        refusal: UsageError | None = None
        for key, record in list(self._held.items()):
            try:
                keep(self.folder, key, record)
            except UsageError as error:
                refusal = error
            else:
                del self._held[key]
        if refusal is not None:
            n = len(self._held)
            raise UsageError(
                f"{n} {'training' if n == 1 else 'trainings'} could not be kept, and "
                f"will have to be trained again: {refusal}"
            )

    def of_jobs(self, points: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return those trainings of `points` that are there, in that order.

        `points` gives, for each name, the settings that the study varies: the same
        training may belong to several studies.
        """
        found = []
        for key, point in points.items():
            record = self._held.get(key)
            if record is None and path_of(self.folder, key).exists():
                record = _read(path_of(self.folder, key))
            if record is not None:
                found.append({**record, "key": key, "point": dict(point)})
        return found


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        missing = {"settings", "point", "status", "val_accuracy"} - set(record)
    except (OSError, ValueError, TypeError):
        missing = {"anything that can be read"}
    if missing:
        raise UsageError(
            f"{path} is no training, it lacks {', '.join(sorted(missing))}: remove it, "
            "and it is trained again"
        )
    found: dict[str, Any] = record
    return found


def frame(found: list[dict[str, Any]]) -> "pd.DataFrame":
    """Return one row for each training.

    Columns: the settings that were varied, `engine`, `seed`, `status`, `reason`,
    `val_accuracy` and `test_accuracy` after the last epoch (fractions), `n_test`,
    `key`, and `unranked_seconds`, which compares nothing.
    """
    import pandas as pd

    rows = []
    for record in found:
        complete = record["status"] == "complete"
        rows.append(
            {
                **record["point"],
                "engine": record["settings"]["engine"],
                "seed": record["settings"]["seed"],
                "status": record["status"],
                "reason": record.get("reason", ""),
                "val_accuracy": record["val_accuracy"][-1] if complete else None,
                "test_accuracy": record.get("test_accuracy") if complete else None,
                "n_test": record.get("n_test"),
                UNRANKED: record.get(UNRANKED),
                "key": record["key"],
            }
        )
    return pd.DataFrame(rows)
