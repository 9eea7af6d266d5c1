"""Which way up the images of a data set are: the network's confidence says.

EMNIST stores its images transposed. A network is surer of images that lie as those did
that it was trained on.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from compare.contract import Implementation
from compare.predict.answers import probabilities_of
from compare.predict.inputs import Images
from compare.record.model_file import Model
from data.orientation import transposed

# So many images are tried; fewer than the least say nothing, and the name decides.
MOST, LEAST = 500, 20
# The mean probability of the answers must rise by this much.
LEAD = 0.05


def upright(
    images: Images,
    implementation: Implementation,
    model: Model,
    *,
    transpose: bool | None,
    name: str,
) -> tuple[Images, str | None]:
    """Return the images, turned if they must be, and the sentence that says so.

    `transpose` is what the user says; None to find out. Pictures are left alone then.
    """
    if transpose is None:
        if images.picture is not None:
            return images, None
        some = dataclasses.replace(images, pixels=images.pixels[:MOST])
        turned = dataclasses.replace(some, pixels=transposed(some.pixels))
        as_is, other = (
            float(probabilities_of(implementation, each, model, name).max(1).mean())
            for each in (some, turned)
        )
        named = "emnist" in images.source.lower()
        few = len(some.pixels) < LEAST
        if not (named if few else other >= as_is + LEAD):
            return images, None
        why = (
            "EMNIST stores them so"
            if few
            else f"the network is then {100 * other:.0f} % sure on average, and "
            f"{100 * as_is:.0f} % before"
        )
        note = f"{images.source}: images were transposed, rows and columns exchanged"
        note = f"note: {note}: {why}; --no-transpose leaves them"
    elif not transpose:
        return images, None
    else:
        note = None
    pixels = np.asarray(transposed(images.pixels))
    return dataclasses.replace(images, pixels=pixels), note
