"""Convolutional networks of other hands, right ones and wrong ones, for the checker."""

import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent
MISTAKES: list[dict[str, str]] = tomllib.loads(
    (FOLDER / "mistakes.toml").read_text(encoding="utf-8")
)["mistake"]
