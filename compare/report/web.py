"""What all pages share: their looks, their script, and how templates are filled in.

A page is one file that needs no network: style, script and figures stand inside it.
"""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from compare.show.words import unbroken

HERE = Path(__file__).parent


def template(path: Path) -> Template:
    """Return a template that may also use `style` and `script`."""
    environment = Environment(
        loader=FileSystemLoader(path.parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_finalized,
    )
    environment.globals["style"] = _file("style.css")
    environment.globals["script"] = _file("script.js")
    return environment.get_template(path.name)


def _finalized(value: Any) -> Any:
    """Keep number and unit on one line; what is HTML already stays as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return unbroken(value)
    return value


def _file(name: str) -> Markup:
    """Return one of our own files as it stands."""
    return Markup((HERE / name).read_text(encoding="utf-8"))  # noqa: S704  # see above
