"""Adam with a habit: without bias correction, or with its epsilon inside the root.

Not a rule to train with. It is what somebody else's Adam may do, written down plainly,
so that `search` can recognise it.
"""

import numpy as np

from compare.contract import Array
from compare.explain.settings import Configuration


class OddAdam:
    """W ← W - η m̂ / √(v̂ + ε), or m and v in place of m̂ and v̂, or both.

    Parameters
    ----------
    params, grads : array (n_params,)
        *Overwritten* by `step`.
    n_decayed : int
        How many of the first parameters L2 or decay acts on.
    configuration : Configuration
        Its optimizer is adam or adamw.
    corrected : bool
        Whether the moments are divided by 1 - βᵗ.
    inside_root : bool
        √(v + ε) instead of √v + ε.
    """

    def __init__(
        self,
        params: Array,
        grads: Array,
        n_decayed: int,
        *,
        configuration: Configuration,
        corrected: bool,
        inside_root: bool,
    ) -> None:
        self.learning_rate = configuration.learning_rate
        self.weight_decay = configuration.l2
        self._settings = configuration
        self._corrected, self._inside_root = corrected, inside_root
        self._params, self._grads, self._n_decayed = params, grads, n_decayed
        self._m, self._v = np.zeros_like(params), np.zeros_like(params)
        self._t = 0

    @property
    def gradient_scale(self) -> float:
        """What `step_scaled` wants the gradients multiplied with."""
        return 1.0

    def step_scaled(self) -> None:
        """Take a step; the scale is 1."""
        self.step()

    def step(self) -> None:
        """Update `params` in place; `grads` is destroyed."""
        beta1, beta2 = self._settings.betas
        g, m, v = self._grads, self._m, self._v
        self._decay()
        self._t += 1
        m += (1 - beta1) * (g - m)
        v += (1 - beta2) * (g * g - v)
        bias1 = 1 - beta1**self._t if self._corrected else 1.0
        bias2 = 1 - beta2**self._t if self._corrected else 1.0
        self._params -= self.learning_rate * (m / bias1) / self._root(v / bias2)

    def _root(self, v: Array) -> Array:
        eps = self._settings.eps
        root: Array = np.sqrt(v + eps) if self._inside_root else np.sqrt(v) + eps
        return root

    def _decay(self) -> None:
        """Shrink the weights (adamw), or add λ W to the gradient (adam)."""
        weights = self._params[: self._n_decayed]
        if self._settings.optimizer == "adamw":
            weights *= 1 - self.learning_rate * self.weight_decay
        else:
            self._grads[: self._n_decayed] += self.weight_decay * weights
