"""Specimens of mistakes in forward, loss and backward."""

from collections.abc import Iterator

from tests.check.zoo.planting import (
    ACTIVATE,
    ACTIVATIONS,
    CURVED,
    DA,
    DB,
    DELTA,
    DW,
    DZ,
    EXP,
    LINEAR,
    LOSS,
    ONE_HOT,
    Specimen,
    in_layer,
    one,
)


def specimens() -> Iterator[Specimen]:
    """Yield them, forward first."""
    yield from _forward()
    yield from _loss()
    yield from _output_delta()
    yield from _smoothing()
    yield from _hidden_steps()
    yield from _layer_gradients()
    yield from _slips()


def _forward() -> Iterator[Specimen]:
    yield Specimen("forward-no-bias", one(LINEAR, "z = a @ self.W[layer]"))
    yield Specimen(
        "forward-no-bias", in_layer(LINEAR, "a @ self.W[layer]"), layers="any"
    )
    yield Specimen(
        "output-activation",
        one(ACTIVATE, "a = self.f(z)"),
        activations=("relu", "sigmoid", "tanh"),
    )
    yield Specimen(
        "softmax-axis",
        one(
            EXP,
            """        e = np.exp(logits - logits.max(axis=0, keepdims=True))
        return e / e.sum(axis=0, keepdims=True)""",
        ),
    )
    yield Specimen(
        "softmax-axis",
        one(
            EXP,
            """        e = np.exp(logits - logits.max())
        return e / e.sum()""",
        ),
        note="whole matrix",
    )
    yield Specimen(
        "softmax-overflow",
        one(
            EXP,
            """        e = np.exp(logits)
        return e / e.sum(axis=1, keepdims=True)""",
        ),
    )
    yield Specimen(
        "softmax-overflow",
        one(
            EXP,
            """        log_sum = np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return np.exp(logits - log_sum)""",
        ),
        note="through its logarithm",
    )
    yield Specimen(
        "no-softmax",
        one(
            "return self.softmax(self.forward(X)[1][-1])",
            "return self.forward(X)[1][-1]",
        ),
    )
    yield Specimen(
        "forward-weights-transposed",
        in_layer(LINEAR, "a @ self.W[layer].T + self.b[layer]"),
        layers="any",
    )
    yield Specimen(
        "forward-other-activation",
        one(
            """            return np.maximum(z, 0)
        if self.activation == "sigmoid":""",
            """            return np.tanh(z)
        if self.activation == "sigmoid":""",
        ),
        activations=("relu",),
        note="tanh, but relu's derivative",
    )


def _loss() -> Iterator[Specimen]:
    for tiny in ("1e-9", "1e-7", "1e-12"):
        yield Specimen(
            "log-epsilon",
            one(
                LOSS,
                "probs = np.exp(log_probs)[np.arange(len(y)), y]\n"
                f"        return -np.log(probs + {tiny}).mean()",
            ),
            note=tiny,
        )
    yield Specimen(
        "log-epsilon",
        one(
            LOSS,
            "probs = np.exp(log_probs)[np.arange(len(y)), y]\n"
            "        return -np.log(np.clip(probs, 1e-15, 1 - 1e-15)).mean()",
        ),
        note="clip",
    )
    yield Specimen(
        "log-zero",
        one(
            LOSS,
            "probs = np.exp(log_probs)[np.arange(len(y)), y]\n"
            "        return -np.log(probs).mean()",
        ),
    )
    yield Specimen(
        "loss-squared-error",
        one(
            LOSS,
            "one_hot = np.eye(logits.shape[1])[y]\n"
            "        return ((np.exp(log_probs) - one_hot) ** 2).mean()",
        ),
    )
    yield Specimen(
        "sum-over-batch",
        one(LOSS, LOSS.replace("mean", "sum")),
        note="loss only",
    )


def _output_delta() -> Iterator[Specimen]:
    error = "(probs - one_hot)"
    for key, new, note in (
        ("sum-over-batch", error, ""),
        ("mean-over-classes", f"{error} / probs.size", ""),
        ("divided-twice", f"{error} / len(y) / len(y)", ""),
        ("factor-two", f"2 * {error} / len(y)", ""),
        ("jacobian-missing", f"2 * {error} / probs.size", ""),
        ("jacobian-extra", f"probs * (1 - probs) * {error} / len(y)", "diagonal"),
        (
            "jacobian-extra",
            f"2 * probs * (1 - probs) * {error} / len(y)",
            "diagonal, squared error",
        ),
        (
            "jacobian-extra",
            f"probs * ({error} - ({error} * probs).sum(axis=1, keepdims=True))"
            " / len(y)",
            "whole",
        ),
        (
            "jacobian-extra",
            f"2 * probs * ({error} - ({error} * probs).sum(axis=1, keepdims=True))"
            " / probs.size",
            "whole, squared error",
        ),
        ("wrong-sign", "(one_hot - probs) / len(y)", ""),
    ):
        yield Specimen(key, one(DELTA, f"dz = {new}"), note=note)
    for new in ("[y - 1]", "[(y + 1) % probs.shape[1]]"):
        yield Specimen(
            "labels-off-by-one", one(ONE_HOT, ONE_HOT.replace("[y]", new)), note=new
        )


def _hidden_steps() -> Iterator[Specimen]:
    at_z, at_a = "self.f_prime(zs[layer - 1])", "self.f_prime(activations[layer])"
    changes: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
        ("derivative-missing", "da", ("relu", "sigmoid", "tanh"), ""),
        ("derivative-at-activation", f"da * {at_a}", CURVED, ""),
        ("mask-wrong-layer", "da * self.f_prime(zs[layer])", ("relu", *CURVED), "+1"),
        (
            "derivative-of-other",
            "da * (1 - np.tanh(zs[layer - 1]) ** 2)",
            ("relu", "sigmoid", "identity"),
            "tanh",
        ),
        (
            "derivative-of-other",
            "da * (zs[layer - 1] > 0)",
            ("sigmoid", "tanh", "identity"),
            "relu",
        ),
        (
            "derivative-of-other",
            "da * activations[layer] * (1 - activations[layer])",
            ("relu", "tanh", "identity"),
            "sigmoid, of a",
        ),
        ("relu-mask-at-zero", "da * (zs[layer - 1] >= 0)", ("relu",), ""),
        (
            "derivative-at-preactivation",
            "da * zs[layer - 1] * (1 - zs[layer - 1])",
            ("sigmoid",),
            "",
        ),
        (
            "derivative-at-preactivation",
            "da * (1 - zs[layer - 1] ** 2)",
            ("tanh",),
            "",
        ),
        ("wrong-sign", f"-da * {at_z}", ACTIVATIONS, "hidden"),
        ("divided-twice", f"da * {at_z} / len(y)", ACTIVATIONS, "hidden"),
    )
    for key, wrong, activations, note in changes:
        yield Specimen(key, one(DZ, f"dz = {wrong}"), "", activations, note=note)
        yield Specimen(key, in_layer(DZ, wrong), "hidden", activations, note=note)
    for key, wrong in (
        ("delta-without-weights", "dz"),
        ("delta-weights-not-transposed", "dz @ self.W[layer]"),
    ):
        yield Specimen(key, one(DA, f"da = {wrong}"))
        yield Specimen(key, in_layer(DA, wrong), "hidden")


def _layer_gradients() -> Iterator[Specimen]:
    for key, wrong, note in (
        ("dw-transposed", "(activations[layer].T @ dz).T", ""),
        ("dw-wrong-layer", "activations[layer - 1].T @ dz", "one before"),
        ("dw-wrong-layer", "activations[layer + 1].T @ dz", "one after"),
        ("sum-over-batch", "activations[layer].T @ dz * len(y)", "dW"),
        ("divided-twice", "activations[layer].T @ dz / len(y)", "dW"),
        ("wrong-sign", "-activations[layer].T @ dz", "dW"),
    ):
        yield Specimen(key, one(DW, f"dW = {wrong}"), note=note)
        yield Specimen(key, in_layer(DW, wrong), "any", note=note)
    for key, wrong, note in (
        ("db-missing", "np.zeros(dz.shape[1], self.dtype)", ""),
        ("db-averaged", "dz.mean(axis=0)", ""),
        ("db-wrong-axis", "dz.sum(axis=1)", "axis 1"),
        ("db-wrong-axis", "dz.sum()", "both axes"),
        ("db-first-sample", "dz[0]", "first"),
        ("db-first-sample", "dz[-1]", "last"),
    ):
        yield Specimen(key, one(DB, f"db = {wrong}"), note=note)
        yield Specimen(key, in_layer(DB, wrong), "any", note=note)
    yield Specimen(
        "dw-from-preactivation",
        one(DW, "dW = (zs[layer - 1] if layer else activations[0]).T @ dz"),
        activations=("relu", *CURVED),
    )


def _smoothing() -> Iterator[Specimen]:
    others = "0.1 * (1 - one_hot) / (probs.shape[1] - 1)"
    for smooth, note in (
        ("0.9 * one_hot + 0.1 / probs.shape[1]", "all"),
        (f"0.9 * one_hot + {others}", "others"),
    ):
        yield Specimen(
            "label-smoothing",
            one(ONE_HOT, f"{ONE_HOT}\n        one_hot = {smooth}"),
            note=note,
        )


def _slips() -> Iterator[Specimen]:
    """Slips that two thirds of a class make in the first version."""
    yield Specimen(
        "softmax-axis",
        one(EXP, EXP.replace("e.sum(axis=1, keepdims=True)", "e.sum()")),
        note="sum of all",
    )
    leaky = "np.where(z > 0, z, 0.01 * z)"
    yield Specimen(
        "forward-other-activation",
        one("return np.maximum(z, 0)", f"return {leaky}")
        + one("return (z > 0).astype(z.dtype)", "return np.where(z > 0, 1, 0.01)"),
        activations=("relu",),
        note="leaky",
    )
    yield Specimen(
        "forward-other-activation",
        one("return np.maximum(z, 0)", "return z * np.tanh(np.log1p(np.exp(z)))")
        + one(
            "return (z > 0).astype(z.dtype)",
            "t = np.tanh(np.log1p(np.exp(z)))\n"
            "            return t + z * sigmoid(z) * (1 - t**2)",
        ),
        activations=("relu",),
        note="Mish",
    )
    yield Specimen(
        "derivative-of-other",
        one("return (z > 0).astype(z.dtype)", "return np.where(z > 0, 1, 0.1)"),
        activations=("relu",),
        note="leaky",
    )
    for activation, wrong in (
        ("tanh", "1 - activations[layer]"),
        ("tanh", "1 + activations[layer] ** 2"),
        ("sigmoid", "activations[layer] * (1 + activations[layer])"),
    ):
        for edits, layers in (
            (one(DZ, f"dz = da * ({wrong})"), ""),
            (in_layer(DZ, f"da * ({wrong})"), "hidden"),
        ):
            yield Specimen(
                "derivative-formula", edits, layers, (activation,), note=wrong
            )
    for wrong in ("da * (da > 0)", f"{DZ.removeprefix('dz = ')} * (da > 0)"):
        yield Specimen(
            "mask-from-gradient", one(DZ, f"dz = {wrong}"), activations=("relu",)
        )
    for row, scale in ((-1, ""), (0, ""), (-1, " * len(y)")):
        yield Specimen(
            "one-sample",
            one(DW, f"dW = np.outer(activations[layer][{row}], dz[{row}]){scale}")
            + one(DB, f"db = dz[{row}]{scale}"),
            note=f"{row}{scale}",
        )
    for activation, slope in (
        ("sigmoid", "sigmoid(zs[-1]) * (1 - sigmoid(zs[-1]))"),
        ("relu", "(zs[-1] > 0)"),
    ):
        yield Specimen(
            "output-derivative",
            one(DELTA, f"{DELTA} * {slope}"),
            activations=(activation,),
        )
    for squares, more, note in (
        ("0.5 *", "", "without gradient"),
        ("0.5 *", " + self.weight_decay * self.W[layer]", "with gradient"),
        ("", " + 2 * self.weight_decay * self.W[layer]", "without the half"),
    ):
        yield Specimen(
            "l2-in-loss",
            one(
                "return float(loss), gradients[::-1]",
                f"loss += {squares} self.weight_decay * sum((W**2).sum() for W in "
                "self.W)\n"
                "        return float(loss), gradients[::-1]",
            )
            + one(
                "gradients = [(dW, db) for _, dW, db in self.backward(X, y)]",
                f"gradients = [(dW{more}, db) for layer, dW, db in "
                "self.backward(X, y)]",
            ),
            options={"weight_decay": 0.01},
            note=note,
        )
