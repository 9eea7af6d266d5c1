"""Specimens of what people do: to the batches, in the step, with the data."""

from collections.abc import Iterator

from tests.check.zoo.planting import (
    ADAM_OPTIONS,
    BATCH,
    COUPLED,
    DELTA,
    DZ,
    EXP,
    LOSS,
    MOVE,
    ONE_HOT,
    ROWS,
    SGD,
    STEP_B,
    V_HAT,
    VELOCITY,
    ZERO_V,
    Specimen,
    one,
)

START = "for start in range(0, len(order), self.batch_size):"
OPTIMIZER = '        if self.optimizer == "sgd":\n            self.sgd(theta, g, k)'


def specimens() -> Iterator[Specimen]:
    """Yield them, batches first."""
    yield from _batches()
    yield from _steps()
    yield from _functions()


def _batches() -> Iterator[Specimen]:
    yield Specimen("batch-twice", one(BATCH, f"{BATCH}\n            {BATCH}"))
    yield Specimen(
        "sample-lost",
        one(ROWS, "rows = order[start : start + self.batch_size - 1]"),
    )
    yield Specimen(
        "sample-lost",
        one(START, f"order = order[:-1]\n        {START}"),
        note="of the epoch",
    )
    yield Specimen(
        "batch-size-other",
        one("self.batch_size = batch_size", "self.batch_size = 32"),
    )


def _steps() -> Iterator[Specimen]:
    yield Specimen(
        "decay-left-on", one(COUPLED, "dW = dW + 1e-3 * self.W[layer]"), note="L2"
    )
    yield Specimen(
        "decay-left-on",
        one(COUPLED, "dW = dW + 1e-4 * np.sign(self.W[layer])"),
        note="L1",
    )
    yield Specimen(
        "layer-frozen",
        one(
            STEP_B,
            f"if layer > 0:\n                {STEP_B}",
        ),
        note="b[0]",
    )
    yield Specimen(
        "rate-decays",
        one(SGD, "theta -= self.learning_rate / (1 + 0.01 * (self.t - 1)) * move"),
        note="by the step",
    )
    yield Specimen(
        "rate-decays",
        one(
            START,
            f"self.learning_rate *= 0.9 if self.t else 1\n        {START}",
        ),
        note="by the epoch",
    )
    yield Specimen(
        "optimizer-other",
        one(
            VELOCITY,
            "self.v[k] = 0.9 * self.v[k] + 0.1 * g**2\n"
            "        theta -= self.learning_rate * g / (np.sqrt(self.v[k]) + 1e-8)\n"
            "        return\n",
        ),
        note="RMSprop",
    )
    yield Specimen(
        "momentum-other", one(VELOCITY, VELOCITY.replace("self.momentum", "0.5"))
    )
    yield Specimen(
        "momentum-weights-only",
        one(MOVE, "move = self.v[k] if theta.ndim == 2 else g"),
    )
    yield Specimen(
        "velocity-shared",
        one(VELOCITY, VELOCITY.replace("self.v[k]", "self.v[theta.ndim]"))
        + one(MOVE, "move = self.v[theta.ndim]")
        + one(ZERO_V, "        self.v = [0, 0, 0]\n"),
    )
    yield Specimen(
        "adam-amsgrad",
        one(
            V_HAT,
            "self.most = getattr(self, 'most', {})\n"
            "        if self.t == 1:\n"
            "            self.most[k] = 0\n"
            "        self.most[k] = np.maximum(self.most[k], self.v[k])\n"
            "        v_hat = self.most[k] / (1 - beta2**self.t)",
        ),
        options=ADAM_OPTIONS,
    )
    yield Specimen(
        "adam-betas-other",
        one("beta1, beta2 = self.betas", "beta1, beta2 = 0.9, 0.99"),
        options=ADAM_OPTIONS,
    )
    yield Specimen(
        "optimizer-other",
        one(OPTIMIZER, "        if True:\n            self.sgd(theta, g, k)"),
        options=ADAM_OPTIONS,
        note="SGD for Adam",
    )


def _functions() -> Iterator[Specimen]:
    yield Specimen(
        "layers-reversed",
        one("return float(loss), gradients[::-1]", "return float(loss), gradients"),
    )
    yield Specimen(
        "buffer-shared",
        one(
            "return zs, activations",
            "for h in range(1, last):\n"
            "            zs[h - 1], activations[h] = zs[last - 1], activations[last]\n"
            "        return zs, activations",
        ),
        # Of the identity it is dW from the activations of another layer, and no more.
        activations=("relu", "sigmoid", "tanh"),
    )
    yield Specimen("divisor-other", one(DELTA, "dz = (probs - one_hot) / 50000"))
    yield Specimen(
        "divisor-other",
        one(DELTA, "dz = (probs - one_hot) / max(len(y) - 1, 0.1)"),
        note="B − 1",
    )
    yield Specimen(
        "divisor-other",
        one(DELTA, "dz = (probs - one_hot) / probs.shape[1]"),
        note="the classes",
    )
    yield Specimen(
        "divisor-other",
        one(START, f"self.n_rows = len(order)\n        {START}")
        + one(DELTA, "dz = (probs - one_hot) / getattr(self, 'n_rows', len(y))"),
        note="the rows of order",
    )
    yield Specimen(
        "constant-factor", one(DELTA, "dz = 0.37 * (probs - one_hot) / len(y)")
    )
    yield Specimen(
        "softmax-twice",
        one(
            "return self.softmax(self.forward(X)[1][-1])",
            "return self.softmax(self.softmax(self.forward(X)[1][-1]))",
        ),
    )
    yield Specimen(
        "inputs-rescaled",
        one("a = X.astype(self.dtype)", "a = X.astype(self.dtype) / 255"),
    )
    yield Specimen(
        "inputs-rescaled",
        one(
            "return self.softmax(self.forward(X)[1][-1])",
            "return self.softmax(self.forward(X / 255)[1][-1])",
        ),
        note="in the prediction alone",
    )
    yield Specimen(
        "softmax-axis",
        one(EXP, EXP.replace("e.sum(axis=1, keepdims=True)", "e.sum(axis=1)")),
        note="no keepdims",
    )
    yield Specimen(
        "one-hot-width",
        one(
            ONE_HOT,
            "one_hot = np.zeros((len(y), y.max() + 1))\n"
            "        one_hot[np.arange(len(y)), y] = 1",
        ),
    )
    yield Specimen(
        "random-prediction",
        one(
            "return self.softmax(self.forward(X)[1][-1])",
            "logits = self.forward(X)[1][-1]\n"
            "        return self.softmax(logits * np.random.rand(*logits.shape))",
        ),
    )
    yield Specimen(
        "loss-binary",
        one(
            LOSS,
            "p, t = np.exp(log_probs), np.eye(logits.shape[1])[y]\n"
            "        both = t * np.log(p) + (1 - t) * np.log1p(-p)\n"
            "        return -both.sum(axis=1).mean()",
        ),
    )
    yield Specimen("loss-logarithm", one(LOSS, f"{LOSS} / np.log(2)"))
    yield Specimen(
        "mask-wrong-layer",
        one(DZ, "dz = da * self.f_prime(zs[{0: 1, 1: 0}[layer - 1]])"),
        activations=("relu", "sigmoid", "tanh"),
        note="exchanged",
    )
    for wrong in (
        "activations[layer] * (1 - activations[layer]) ** 2",
        "(activations[layer] * (1 - activations[layer])) ** 2",
    ):
        yield Specimen(
            "derivative-formula",
            one(DZ, f"dz = da * ({wrong})"),
            activations=("sigmoid",),
            note=wrong,
        )
