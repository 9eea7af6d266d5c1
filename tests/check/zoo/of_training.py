"""Specimens of mistakes between two batches: rows, decay, optimizers, memory."""

from collections.abc import Iterator

from tests.check.zoo.planting import (
    ADAM,
    ADAM_OPTIONS,
    BATCH,
    COUNT,
    COUPLED,
    DECOUPLED,
    DELTA,
    LINEAR,
    M_HAT,
    MOVE,
    ROWS,
    SECOND,
    SGD,
    STEP_B,
    UPDATES,
    V_HAT,
    VELOCITY,
    ZERO_V,
    Edits,
    Specimen,
    one,
)


def specimens() -> Iterator[Specimen]:
    """Yield them, batches first."""
    yield from _batches()
    yield from _optimizers()
    yield from _frequent()
    yield from _adamw()
    yield from _adam()


def _batches() -> Iterator[Specimen]:
    yield Specimen(
        "updated-weights", one(UPDATES, "for layer, dW, db in self.backward(X, y):")
    )
    yield Specimen(
        "accumulated",
        (
            ("        self.t = 0\n", "        self.t = 0\n        self.total = {}\n"),
            (
                UPDATES,
                UPDATES
                + """
            total = self.total.get(layer, (0, 0))
            dW, db = self.total[layer] = total[0] + dW, total[1] + db""",
            ),
        ),
    )
    yield Specimen(
        "short-batch-dropped",
        one(BATCH, f"if len(rows) == self.batch_size:\n                {BATCH}"),
    )
    yield Specimen(
        "short-batch-divisor",
        one(DELTA, "dz = (probs - one_hot) / self.batch_size"),
    )
    yield Specimen(
        "order-ignored",
        one(ROWS, "rows = np.arange(len(order))[start : start + self.batch_size]"),
    )
    yield Specimen(
        "order-ignored",
        one(ROWS, "rows = np.sort(order)[start : start + self.batch_size]"),
        note="sorted",
    )
    yield Specimen(
        "order-ignored",
        (
            (
                "for start in range(0, len(order), self.batch_size):",
                "order = np.random.default_rng().permutation(len(X))\n"
                "        for start in range(0, len(order), self.batch_size):",
            ),
        ),
        note="its own, random",
    )
    yield Specimen(
        "order-ignored",
        (
            (
                "for start in range(0, len(order), self.batch_size):",
                "order = np.random.default_rng(0).permutation(len(X))\n"
                "        for start in range(0, len(order), self.batch_size):",
            ),
        ),
        note="its own, the same each time",
    )
    yield Specimen(
        "inputs-changed",
        one(
            "for start in range(0, len(order), self.batch_size):\n            " + ROWS,
            "X[:], y[:] = X[order_of(order, X)], y[order_of(order, X)]\n"
            "        for start in range(0, len(order), self.batch_size):\n"
            "            rows = np.arange(len(order))[start : start + self.batch_size]",
        )
        + one(
            "class MyMLP:",
            '''def order_of(order, X):
    """Return order, and behind it the rows that it leaves out."""
    return np.concatenate([order, np.setdiff1d(np.arange(len(X)), order)])


class MyMLP:''',
        ),
        note="shuffled in place",
    )
    yield Specimen(
        "inputs-changed",
        one(
            "return self.softmax(self.forward(X)[1][-1])",
            "probs = self.softmax(self.forward(X)[1][-1])\n"
            "        X -= X.mean(axis=0)\n"
            "        return probs",
        ),
        note="centred in place",
    )
    yield Specimen(
        "weights-zeroed",
        one(
            "self.W = [np.array(W, self.dtype) for W, _ in weights]",
            "self.W = [np.zeros(W.shape, self.dtype) for W, _ in weights]",
        )
        + one(
            "self.b = [np.array(b, self.dtype) for _, b in weights]",
            "self.b = [np.zeros(b.shape, self.dtype) for _, b in weights]",
        ),
    )
    yield Specimen(
        "weights-zeroed",
        one(
            "self.b = [np.array(b, self.dtype) for _, b in weights]",
            "self.b = [np.zeros(b.shape, self.dtype) for _, b in weights]",
        ),
        note="biases",
    )
    yield Specimen(
        "weights-shared",
        one(
            "self.W = [np.array(W, self.dtype) for W, _ in weights]",
            "self.W = [W for W, _ in weights]",
        ),
    )
    yield Specimen(
        "not-reset",
        one(ZERO_V, f'        if not hasattr(self, "v"):\n    {ZERO_V}'),
    )
    yield Specimen(
        "float32-result",
        one("self.dtype = np.dtype(dtype)", 'self.dtype = np.dtype("float32")'),
    )
    yield Specimen(
        "float32-result",
        one("a = X.astype(self.dtype)", "a = X.astype(np.float32)")
        + one(LINEAR, "z = (a @ self.W[layer] + self.b[layer]).astype(np.float32)"),
        note="inside",
    )
    yield Specimen(
        "state-forgotten",
        one(
            "for start in range(0, len(order), self.batch_size):",
            "self.v = [np.zeros_like(theta) for theta in self.W + self.b]\n"
            "        for start in range(0, len(order), self.batch_size):",
        ),
    )


def _optimizers() -> Iterator[Specimen]:
    yield Specimen(
        "l2-on-biases",
        one(
            STEP_B, "db = db + self.weight_decay * self.b[layer]\n            " + STEP_B
        ),
    )
    for key, wrong, note in (
        ("l2-not-divided", "2 * self.weight_decay * self.W[layer]", "2"),
        ("l2-not-divided", "len(y) * self.weight_decay * self.W[layer]", "B"),
        ("l2-divided-twice", "self.weight_decay * self.W[layer] / len(y)", "B"),
        ("l2-divided-twice", "self.weight_decay * self.W[layer] / 2", "2"),
    ):
        yield Specimen(key, one(COUPLED, f"dW = dW + {wrong}"), note=note)
    yield Specimen("l2-missing", one(COUPLED, "pass"))
    for options in ({}, {"nesterov": True}, ADAM_OPTIONS):
        yield Specimen(
            "decay-decoupled",
            one('if self.optimizer == "adamw":', "if True:"),
            options=options,
            note="-".join(options) or "sgd",
        )
    yield Specimen(
        "decay-coupled",
        one('if self.optimizer == "adamw":', "if False:"),
        options={"optimizer": "adamw"},
    )
    yield Specimen(
        "momentum-damped",
        one(
            VELOCITY,
            "self.v[k] = self.momentum * self.v[k] + (1 - self.momentum) * g\n",
        ),
    )
    yield Specimen("momentum-missing", one(MOVE, "move = g"))
    yield Specimen(
        "nesterov-for-momentum", one(MOVE, "move = g + self.momentum * self.v[k]")
    )
    yield Specimen(
        "momentum-for-nesterov",
        one(MOVE, "move = self.v[k]"),
        options={"nesterov": True},
    )
    yield Specimen(
        "learning-rate-twice",
        one(VELOCITY, VELOCITY.replace("+ g", "+ self.learning_rate * g")),
    )
    yield Specimen(
        "learning-rate-twice",
        one(ADAM, ADAM.replace("self.learning_rate", "self.learning_rate**2")),
        options=ADAM_OPTIONS,
        note="adam",
    )
    adam: tuple[tuple[str, Edits, str], ...] = (
        (
            "adam-no-correction",
            one(M_HAT, "m_hat = self.m[k]") + one(V_HAT, "v_hat = self.v[k]"),
            "both",
        ),
        ("adam-no-correction", one(M_HAT, "m_hat = self.m[k]"), "m"),
        ("adam-no-correction", one(V_HAT, "v_hat = self.v[k]"), "v"),
        (
            "adam-epsilon",
            one(
                ADAM,
                ADAM.replace(
                    "(np.sqrt(v_hat) + self.eps)", "np.sqrt(v_hat + self.eps)"
                ),
            ),
            "under the root",
        ),
        (
            "adam-epsilon",
            one(V_HAT, "root = np.sqrt(1 - beta2**self.t)")
            + one(
                ADAM,
                ADAM.replace(
                    "m_hat / (np.sqrt(v_hat) + self.eps)",
                    "root * m_hat / (np.sqrt(self.v[k]) + self.eps)",
                ),
            ),
            "before the correction",
        ),
        (
            "adam-t",
            one(COUNT, "        for layer")
            + one(STEP_B, STEP_B + "\n        self.t += 1"),
            "from 0",
        ),
        (
            "adam-t",
            one("        self.t = 0\n", "        self.t = 1\n"),
            "from 2",
        ),
        (
            "adam-t",
            one(COUNT, "        self.t = 1\n        for layer"),
            "always 1",
        ),
        ("adam-betas-exchanged", one("beta1, beta2 = self", "beta2, beta1 = self"), ""),
        ("adam-v-not-squared", one(SECOND, SECOND.replace("g**2", "g")), ""),
    )
    for key, edits, note in adam:
        for optimizer in ("adam", "adamw"):
            yield Specimen(
                key, edits, options={"optimizer": optimizer}, note=f"{note} {optimizer}"
            )


def _frequent() -> Iterator[Specimen]:
    """What is easily done between two batches."""
    yield Specimen(
        "updated-weights",
        one(
            UPDATES,
            "for layer, dW, db in self.backward(X, y):\n"
            "            if layer != len(self.W) - 1:\n"
            "                self.late.append((layer, dW, db))\n"
            "                continue\n"
            "            self.update(layer, dW, db, y)\n"
            "        for layer, dW, db in self.late:\n"
            "            self.update(layer, dW, db, y)\n"
            "        self.late = []\n\n"
            "    def update(self, layer, dW, db, y):\n"
            "        for _ in range(1):",
        )
        + one("        self.t = 0\n", "        self.t, self.late = 0, []\n"),
        note="the last layer only",
    )
    yield Specimen(
        "labels-not-shuffled",
        one(BATCH, "self.train_batch(X[rows], y[start : start + self.batch_size])"),
    )
    for clip, note in (
        ("np.clip(g, -0.01, 0.01)", "each"),
        ("g * min(1, 0.1 / np.sqrt((g**2).sum()))", "norm"),
    ):
        yield Specimen(
            "gradient-clipped",
            one(
                '        if self.optimizer == "sgd":\n            self.sgd',
                f"        g = {clip}\n"
                '        if self.optimizer == "sgd":\n            self.sgd',
            ),
            note=note,
        )
    yield Specimen(
        "velocity-late",
        one(MOVE, "move, self.v[k] = self.v[k], self.v[k]")
        + one(VELOCITY, "new = self.momentum * self.v[k] + g\n")
        + one(SGD, SGD + "\n        self.v[k] = new"),
    )


def _adamw() -> Iterator[Specimen]:
    decay = "self.learning_rate * self.weight_decay"
    for edits, note in (
        (
            one(DECOUPLED, "pass")
            + one(
                STEP_B,
                f"self.W[layer] -= {decay} * self.W[layer]\n            {STEP_B}",
            ),
            "after the step",
        ),
        (one(DECOUPLED, "self.W[layer] *= 1 - self.weight_decay"), "without the rate"),
        (
            one(
                "            else:\n                dW = dW",
                "            if True:\n                dW = dW",
            ),
            "twice",
        ),
    ):
        yield Specimen("adamw-decay", edits, options={"optimizer": "adamw"}, note=note)


def _adam() -> Iterator[Specimen]:
    for key, edits in (
        ("adam-epsilon-value", one(ADAM, ADAM.replace("self.eps", "1e-7"))),
        ("adam-root-missing", one(ADAM, ADAM.replace("np.sqrt(v_hat)", "v_hat"))),
        (
            "adam-hats-kept",
            one(M_HAT, M_HAT.replace("m_hat =", "m_hat = self.m[k] ="))
            + one(V_HAT, V_HAT.replace("v_hat =", "v_hat = self.v[k] =")),
        ),
        (
            "adam-power",
            one(M_HAT, M_HAT.replace("**", " * "))
            + one(V_HAT, V_HAT.replace("**", " * ")),
        ),
    ):
        yield Specimen(key, edits, options=ADAM_OPTIONS)
