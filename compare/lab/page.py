"""The page: its files, and what it must know before it can show anything.

One template serves both: the page of the server, whose files have addresses, and the
exported page, which holds everything (`export.py`).
"""

import base64
import inspect
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from compare.config import ACTIVATIONS, OPTIMIZERS
from compare.contract import Weights
from compare.lab import engine, settings
from compare.record.model_file import Model
from compare.small_network import LEARNING_RATE, network
from data import Dataset
from numpy_impl import textbook, textbook_conv

FOLDER = Path(__file__).with_name("static")
SCRIPT = "text/javascript"
# The files that have an address, and no others.
STATIC = {"style.css": "text/css"} | {
    f"{name}.js": SCRIPT
    for name in (
        *("app", "server", "questions", "board", "form", "numbers", "network"),
        *("convolution", "model", "steps", "pictures", "arrays", "chart", "answers"),
        *("inside", "layers", "neuron", "channel", "reasons"),
        *("training", "stepping", "convolution_step", "breaking"),
    )
}
MODULES = [name.removesuffix(".js") for name in STATIC if name.endswith(".js")]


def static(name: str) -> bytes:
    """Return the content of one file of `STATIC`."""
    return (FOLDER / name).read_bytes()


def served(model: Model, dataset: Dataset, engines: Sequence[str]) -> tuple[str, str]:
    """Return the page of a server, and its content security policy."""
    nonce = secrets.token_urlsafe(16)
    modules = {f"lab/{name}": f"./static/{name}.js" for name in MODULES}
    text = render(
        config(model, dataset, engines=engines),
        modules=modules,
        nonce=nonce,
        style="",
    )
    policy = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return text, policy


def render(
    config: dict[str, Any], *, modules: dict[str, str], nonce: str, style: str
) -> str:
    """Fill the template; `style` is the style sheet if it is to be inside."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("index.html").render(
        config=_json(config),
        modules=_json({"imports": modules}),
        nonce=nonce,
        style=Markup(style),  # noqa: S704  # our own file
        server=config["server"],
        engines=config["engines"],
        settings=settings,
        activations=ACTIVATIONS,
        optimizers=OPTIMIZERS,
        defaults=settings.defaults(),
    )


def config(
    model: Model,
    dataset: Dataset,
    *,
    engines: Sequence[str] | None = None,
    images: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return what the page is told; `engines` if there is a server."""
    weights, X, y = network()
    return {
        "server": engines is not None,
        "engines": engines or [],
        "model": describe(model),
        "weights": pack(model.weights),
        "images": images or [],
        "n_images": len(dataset.y_test),
        "most_evaluated": engine.N_EVALUATED,
        "textbook": _source(textbook),
        "textbook_conv": _source(textbook_conv),
        "example": {
            "layer_sizes": [2, 3, 2],
            "weights": pack(weights),
            "X": X.ravel().tolist(),
            "y": y.tolist(),
            "learning_rate": LEARNING_RATE,
        },
    }


def describe(model: Model) -> dict[str, Any]:
    """Return what a page shows of a model beside its weights."""
    return {
        "layer_sizes": list(model.layer_sizes),
        "conv_layers": [list(layer) for layer in model.conv_layers],
        "activation": model.activation,
        "dtype": model.weights[0][0].dtype.name,
        "class_names": list(model.class_names),
        "data_source": model.data_source,
        "written_by": model.written_by,
    }


def pack(weights: Weights) -> dict[str, str]:
    """Return weights one after another in base64: W0, b0, W1, b1, …."""
    kind = np.dtype(weights[0][0].dtype).newbyteorder("<")
    raw = b"".join(
        np.ascontiguousarray(array, kind).tobytes()
        for pair in weights
        for array in pair
    )
    return {"dtype": kind.name, "data": base64.b64encode(raw).decode()}


def test_image(dataset: Dataset, index: int) -> dict[str, Any]:
    """Return one test image with its label, pixels 0 … 255."""
    pixels = np.rint(dataset.X_test[index] * 255).astype(int)
    return {
        "index": index,
        "pixels": pixels.tolist(),
        "label": int(dataset.y_test[index]),
    }


def _source(module: ModuleType) -> str:
    return inspect.getsource(module)


def _json(content: Any) -> Markup:
    """Return JSON for a script element, which only `</script` could end."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  # escaped just here
