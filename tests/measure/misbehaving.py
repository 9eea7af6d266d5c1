"""A user's own file: one network that is right, and many that fail, each in its way.

`Plain` needs nothing of this project and is written apart from it, so that it is also
a second witness. The others differ from it in one thing, which their name says.
"""

# A user's file need not have types.
# mypy: allow-untyped-defs, allow-untyped-calls, disable-error-code="var-annotated"

import os
import signal
import sys
import time

import numpy as np


class Plain:
    """ReLU layers, softmax cross-entropy, SGD with momentum, in fresh arrays."""

    gradient_scale = 1.0

    def __init__(self, *, layer_sizes, learning_rate, momentum, batch_size, dtype):
        self.n_layers = len(layer_sizes) - 1
        self.rate, self.momentum = learning_rate, momentum
        self.batch_size, self.dtype = batch_size, dtype
        self.n_calls = 0

    def set_weights(self, weights):
        self.params = [np.array(p, self.dtype) for pair in weights for p in pair]
        self.velocity = [np.zeros_like(p) for p in self.params]

    def get_weights(self):
        copies = [p.copy() for p in self.params]
        return list(zip(copies[::2], copies[1::2], strict=True))

    def train_epoch(self, X, y, order):
        self.n_calls += 1
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            for i, grad in enumerate(self.gradients(X[rows], y[rows])):
                self.velocity[i] = self.momentum * self.velocity[i] + grad
                self.params[i] = (
                    self.params[i] - self.dtype_of(self.rate) * (self.velocity[i])
                )

    def gradients(self, X, y):
        activations = self.forward(X)
        dz = activations.pop()
        dz[np.arange(len(y)), y] -= 1
        dz /= len(y)
        grads = []
        for layer in reversed(range(self.n_layers)):
            a = activations.pop()
            grads = [self.gradient_scale * (a.T @ dz), dz.sum(axis=0), *grads]
            dz = (dz @ self.params[2 * layer].T) * (a > 0)
        return grads

    def forward(self, X):
        activations = [X]
        for layer in range(self.n_layers):
            z = activations[-1] @ self.params[2 * layer] + self.params[2 * layer + 1]
            last = layer == self.n_layers - 1
            activations.append(self.softmax(z) if last else np.maximum(z, 0))
        return activations

    def softmax(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def predict_proba(self, X):
        return self.forward(X)[-1]

    def dtype_of(self, value):
        return np.dtype(self.dtype).type(value)


class GradientOff(Plain):
    """Its weight gradients are 0.1 % too large."""

    gradient_scale = 1.001


class AlwaysFloat32(Plain):
    def set_weights(self, weights):
        self.dtype = "float32"
        super().set_weights(weights)

    def train_epoch(self, X, y, order):
        super().train_epoch(X.astype("float32"), y, order)


class Prints(Plain):
    def train_epoch(self, X, y, order):
        print("progress: 50 %")  # noqa: T201  # the point of this class
        os.write(1, b'{"result": "a lie"}\n\xff\xfe')
        super().train_epoch(X, y, order)


class ReadsInput(Plain):
    def train_epoch(self, X, y, order):
        if sys.stdin.read():
            raise RuntimeError("somebody else's requests")
        super().train_epoch(X, y, order)


class Raises(Plain):
    def train_epoch(self, X, y, order):
        raise IndexError("row 7 is missing\nsecond line")


class RaisesInNumpy(Plain):
    def predict_proba(self, X):
        return np.linalg.inv(np.zeros((2, 2)))


class RaisesLater(Plain):
    """Fails in its second timed epoch: after the gate, the warm-up and one epoch."""

    def train_epoch(self, X, y, order):
        super().train_epoch(X, y, order)
        if self.n_calls == 3:
            raise RuntimeError("gave up")


class Exits(Plain):
    def train_epoch(self, X, y, order):
        sys.exit(3)


class ExitsAtOnce(Plain):
    def train_epoch(self, X, y, order):
        os._exit(0)


class Killed(Plain):
    """As the system ends a process that takes too much memory."""

    def train_epoch(self, X, y, order):
        os.kill(os.getpid(), signal.SIGKILL)


class Segfaults(Plain):
    def train_epoch(self, X, y, order):
        os.kill(os.getpid(), signal.SIGSEGV)


class OutOfMemory(Plain):
    def train_epoch(self, X, y, order):
        np.empty((1 << 24, 1 << 24, 8))


class NotANumber(Plain):
    def predict_proba(self, X):
        probs = super().predict_proba(X)
        probs[0, 0] = np.nan
        return probs


class WrongShape(Plain):
    def predict_proba(self, X):
        return super().predict_proba(X)[:, :-1]


class Logits(Plain):
    def softmax(self, z):
        return z


class WrongWeights(Plain):
    def get_weights(self):
        return [(W.T, b) for W, b in super().get_weights()]


class Diverges(Plain):
    def train_epoch(self, X, y, order):
        self.rate = 1e300
        with np.errstate(all="ignore"):
            super().train_epoch(X, y, order)

    def predict_proba(self, X):
        with np.errstate(all="ignore"):
            return super().predict_proba(X)


class CannotDoThat(Plain):
    def __init__(self, **_):
        raise NotImplementedError("it only knows Sundays")


class Incomplete:
    def set_weights(self, weights):
        pass


class Sleeps(Plain):
    """Never comes back from its first epoch."""

    def train_epoch(self, X, y, order):
        time.sleep(600)


class SlowEpochs(Plain):
    """Long enough to be interrupted in the middle."""

    def train_epoch(self, X, y, order):
        super().train_epoch(X, y, order)
        time.sleep(0.3)


class Forks(Plain):
    """Leaves a copy of its process behind in every epoch, which goes on as it does."""

    def train_epoch(self, X, y, order):
        super().train_epoch(X, y, order)
        os.fork()


class ForksASleeper(Plain):
    """Its child leaves the session and sleeps, with whatever it has inherited."""

    def train_epoch(self, X, y, order):
        super().train_epoch(X, y, order)
        if os.fork() == 0:
            os.setsid()
            time.sleep(30)
            os._exit(0)


class Raw(Plain):
    """Raises a text that no terminal should be sent."""

    def train_epoch(self, X, y, order):
        raise RuntimeError("\x1b[31mred\x07 \ud800 " + 10_000_000 * "x" + " end")


class NoText(Plain):
    """Raises what cannot be told."""

    def train_epoch(self, X, y, order):
        class Mute(Exception):  # noqa: N818  # a user's name
            def __str__(self):
                raise ValueError("no")

        raise Mute


class Answers299(Plain):
    """Sure of the last class, whatever it is shown."""

    def predict_proba(self, X):
        probs = np.zeros((len(X), 300))
        probs[:, 299] = 1
        return probs
