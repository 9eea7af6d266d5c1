"""What a specimen is: a mistake, planted in `network.py` by changing a line or two.

And the lines of `network.py` in which most are planted.
"""

from dataclasses import dataclass, field
from typing import Any

from compare.check.exercises.exercises import planted

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
        edits = [(old, new.replace("{layer}", str(layer))) for old, new in self.edits]
        return planted(tuple(edits))

    def possible_layers(self, depth: int) -> range:
        """Return the layers in which it can be planted alone; one if it has none."""
        if not self.layers:
            return range(1)
        return range(1 if self.layers == "hidden" else 0, depth)


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
