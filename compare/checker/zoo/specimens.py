"""Every mistake of the catalogue, planted in `correct.py` by changing a line or two.

Refuses to know how a mistake is recognised: a specimen is code, and the catalogue's key
is only the answer that is expected.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

CORRECT = Path(__file__).with_name("correct.py")
ACTIVATIONS = ("relu", "sigmoid", "tanh", "identity")
CURVED = ("sigmoid", "tanh")

Edits = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Specimen:
    """One mistake as a change of the correct file.

    Attributes
    ----------
    key : str
        The mistake of the catalogue that `check` is to name.
    edits : pairs of str
        Old text, which stands in the file once, and new text. ``{layer}`` in it stands
        for a layer, where the mistake can be made in one alone.
    layers : "", "any" or "hidden"
        Which layers ``{layer}`` may be: 0 … depth − 1, or 1 … depth − 1.
    activations : tuple of str
        Those under which it is a mistake at all.
    options : dict
        Hyper-parameters under which it shows.
    note : str
        What distinguishes it from other specimens of the same mistake.
    """

    key: str
    edits: Edits
    layers: str = ""
    activations: tuple[str, ...] = ACTIVATIONS
    options: dict[str, Any] = field(default_factory=dict)
    note: str = ""

    def source(self, layer: int = 1) -> str:
        """Return the code with the mistake in it.

        Raises
        ------
        LookupError
            If an old text does not stand in the correct file exactly once.
        """
        text = correct_source()
        for old, new in self.edits:
            if text.count(old) != 1:
                raise LookupError(f"{self.key}: {old!r} must stand in correct.py once")
            text = text.replace(old, new.replace("{layer}", str(layer)))
        return text

    def possible_layers(self, depth: int) -> range:
        """Return the layers in which it can be planted alone; one if it has none."""
        if not self.layers:
            return range(1)
        return range(1 if self.layers == "hidden" else 0, depth)


@cache
def correct_source() -> str:
    """Return the text of the correct file."""
    return CORRECT.read_text(encoding="utf-8")


LINEAR = "z = a @ self.W[layer] + self.b[layer]"
ACTIVATE = "a = self.f(z) if layer < last else z"
EXP = """        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)"""
LOSS = "return -log_probs[np.arange(len(y)), y].mean()"
ONE_HOT = "one_hot = np.eye(probs.shape[1], dtype=self.dtype)[y]"
DELTA = "dz = (probs - one_hot) / len(y)"
DW = "dW = activations[layer].T @ dz"
DB = "db = dz.sum(axis=0)"
DA = "da = dz @ self.W[layer].T"
DZ = "dz = da * self.f_prime(zs[layer - 1])"
ROWS = "rows = order[start : start + self.batch_size]"
BATCH = "self.train_batch(X[rows], y[rows])"
ZERO_V = "        self.v = [np.zeros_like(theta) for theta in self.W + self.b]\n"
UPDATES = "for layer, dW, db in list(self.backward(X, y)):"
COUPLED = "dW = dW + self.weight_decay * self.W[layer]"
DECOUPLED = "self.W[layer] *= 1 - self.learning_rate * self.weight_decay"
STEP_B = "self.step(self.b[layer], db, layer + len(self.W))"
VELOCITY = "self.v[k] = self.momentum * self.v[k] + g\n"
MOVE = "move = g + self.momentum * self.v[k] if self.nesterov else self.v[k]"
SGD = "theta -= self.learning_rate * move"
COUNT = """        self.t += 1
        for layer"""
FIRST = "self.m[k] = beta1 * self.m[k] + (1 - beta1) * g"
SECOND = "self.v[k] = beta2 * self.v[k] + (1 - beta2) * g**2"
M_HAT = "m_hat = self.m[k] / (1 - beta1**self.t)"
V_HAT = "v_hat = self.v[k] / (1 - beta2**self.t)"
ADAM = "theta -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.eps)"

ADAM_OPTIONS = {"optimizer": "adam"}


def one(old: str, new: str) -> Edits:
    """Return a single edit."""
    return ((old, new),)


def in_layer(old: str, wrong: str) -> Edits:
    """Return an edit that does `wrong` in one layer and `old` in the others.

    Both are assignments to the same name: "dW = …".
    """
    name, right = old.split(" = ", 1)
    return one(old, f"{name} = {wrong} if layer == {{layer}} else {right}")


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


SPECIMENS: tuple[Specimen, ...] = (
    *_forward(),
    *_loss(),
    *_output_delta(),
    *_hidden_steps(),
    *_layer_gradients(),
    *_batches(),
    *_optimizers(),
)
