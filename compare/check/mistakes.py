"""The catalogue: every mistake that the checker can name, and what is right instead.

Words only. How each mistake changes the numbers is in `hypotheses/` (forward, loss,
gradients, training); those found by watching what a method does to its arguments are in
`contract_gate.py`.
"""

from dataclasses import dataclass

from compare.check.textbook_lines import METHODS, TEXTBOOK, find_line


@dataclass(frozen=True)
class Mistake:
    """One mistake: its name, what happens, the right equation, where it is done right.

    `anchor` is the number of an equation of the textbook, or code that stands
    on one line of the file; the line number is looked up.
    """

    key: str
    title: str
    right: str
    anchor: int | str
    file: str = TEXTBOOK

    @property
    def place(self) -> str:
        """Return `numpy_impl/textbook.py:LINE`, read from the file as it is now."""
        return find_line(self.file, self.anchor)


# Numbers of the textbook's equations, or a piece of a line that has none.
LINEAR: int | str = 2
ACTIVATE: int | str = 3
NO_LAST: int | str = 3
EXP: int | str = "e = np.exp(logits"
NORMALISE: int | str = 4
LOSS: int | str = 5
ONE_HOT: int | str = "one_hot = np.eye("
DELTA: int | str = 7
WEIGHT_GRADIENT: int | str = 8
BIAS_GRADIENT: int | str = 9
INPUT_GRADIENT: int | str = 10
HIDDEN_STEP: int | str = 11
RELU: int | str = 12
L2: int | str = 16
VELOCITY: int | str = 17
LOOK_AHEAD: int | str = 18
MOVE: int | str = 19
FIRST_MOMENT: int | str = 20
SECOND_MOMENT: int | str = 21
CORRECTION: int | str = 22
ADAM_MOVE: int | str = 23
DECOUPLED: int | str = 24

EQ_DELTA = "dz = (p − onehot(y)) / B"
EQ_STEP = "dz = (dz_next Wᵀ) ⊙ f'(z)"
EQ_MHAT = "m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ),  t = 1, 2, 3, …"
EQ_ADAM = "θ ← θ − η m̂ / (√v̂ + ε)"
EQ_L2 = "g = dW + λW for weights, g = db for biases, with dW the mean over the batch"
EQ_BATCH = "batch k = order[k·B : (k+1)·B]; the last may be short"

CATALOGUE = (
    # forward
    Mistake(
        "softmax-axis",
        "softmax is taken over the wrong axis",
        "pₖ = exp(zₖ) / Σⱼ exp(zⱼ), the sum over the classes of one sample (axis=1)",
        NORMALISE,
    ),
    Mistake(
        "softmax-overflow",
        "softmax does not subtract the maximum, so exp overflows",
        "pₖ = exp(zₖ − max z) / Σⱼ exp(zⱼ − max z)",
        EXP,
    ),
    Mistake(
        "no-softmax",
        "the output is not put through softmax",
        "p = softmax(z)",
        NORMALISE,
    ),
    Mistake(
        "output-activation",
        "the activation is applied to the output layer too",
        "logits = a W + b, with no activation after the last layer",
        NO_LAST,
    ),
    Mistake(
        "forward-no-bias",
        "the bias is left out of the forward pass",
        "z = a W + b",
        LINEAR,
    ),
    Mistake(
        "forward-weights-transposed",
        "the forward pass multiplies by the transpose of W",
        "z = a W + b, with W (fan_in, fan_out)",
        LINEAR,
    ),
    Mistake(
        "forward-other-activation",
        "the forward pass uses another activation than the one asked for",
        "a = f(z)",
        ACTIVATE,
    ),
    # loss
    Mistake(
        "log-epsilon",
        "the loss keeps p away from 0 by a small number: log(p + 1e-9)",
        "loss = mean(log Σ exp zⱼ − z[y]), from logits: no epsilon is needed",
        LOSS,
    ),
    Mistake(
        "log-zero",
        "the loss takes the logarithm of a probability that has become 0",
        "loss = mean(log Σ exp zⱼ − z[y]), from logits: never log(0)",
        LOSS,
    ),
    Mistake(
        "loss-squared-error",
        "the loss is a squared error, not the cross-entropy",
        "loss = mean over the batch of −log p[y]",
        LOSS,
    ),
    Mistake(
        "l2-in-loss",
        "loss_and_gradients counts the weight decay in",
        "loss = mean over the batch of −log p[y]: L2 comes in with the step",
        LOSS,
    ),
    # the size and sign of the gradient
    Mistake(
        "sum-over-batch",
        "the sum over the batch is taken instead of the mean",
        EQ_DELTA,
        DELTA,
    ),
    Mistake(
        "mean-over-classes",
        "the mean is taken over batch and classes, not over the batch alone",
        EQ_DELTA,
        DELTA,
    ),
    Mistake("divided-twice", "the batch size is divided by twice", EQ_DELTA, DELTA),
    Mistake(
        "factor-two",
        "the gradient has the factor 2 of a squared error",
        EQ_DELTA,
        DELTA,
    ),
    Mistake(
        "jacobian-missing",
        "the gradient is that of a mean squared error, without the softmax Jacobian",
        EQ_DELTA + ", which is cross-entropy and softmax together",
        DELTA,
    ),
    Mistake(
        "jacobian-extra",
        "the gradient is multiplied by the derivative of softmax once too often",
        EQ_DELTA + ", which already contains the derivative of softmax",
        DELTA,
    ),
    Mistake(
        "wrong-sign",
        "the gradient has the wrong sign",
        "dz = (p − onehot(y)) / B, not (onehot(y) − p)",
        DELTA,
    ),
    Mistake(
        "labels-off-by-one",
        "the labels are off by one",
        "onehot(y)[i, k] = 1 if k = y[i], classes counted from 0",
        ONE_HOT,
    ),
    Mistake(
        "label-smoothing",
        "the labels are smoothed: a share of each goes to the other classes",
        EQ_DELTA + ", with onehot(y) of 0 and 1 only",
        ONE_HOT,
    ),
    Mistake(
        "output-derivative",
        "the output delta is multiplied by f'(z), though no activation stands there",
        EQ_DELTA + ", which already contains the derivative of softmax",
        DELTA,
    ),
    Mistake(
        "one-sample",
        "the gradient is that of one sample: the others are overwritten, not added",
        "dW = Σ_batch aᵀ dz,  db = Σ_batch dz: += in a loop over the samples",
        WEIGHT_GRADIENT,
    ),
    # the hidden layers
    Mistake(
        "derivative-missing",
        "the derivative of the activation is missing (or 1 everywhere)",
        EQ_STEP,
        HIDDEN_STEP,
    ),
    Mistake(
        "derivative-at-activation",
        "the derivative is taken at the activation a, not at the pre-activation z",
        EQ_STEP + ", f' evaluated at z",
        HIDDEN_STEP,
    ),
    Mistake(
        "derivative-at-preactivation",
        "the formula of f' in terms of a = f(z) is given z instead of a",
        EQ_STEP + "; a (1 − a) and 1 − a² need a = f(z)",
        HIDDEN_STEP,
    ),
    Mistake(
        "derivative-of-other",
        "the derivative is that of another activation",
        EQ_STEP + ", f' of the same f as in the forward pass",
        HIDDEN_STEP,
    ),
    Mistake(
        "derivative-formula",
        "the formula of the derivative has a slip",
        EQ_STEP + "; sigmoid: f' = a (1 − a), tanh: f' = 1 − a², with a = f(z)",
        HIDDEN_STEP,
    ),
    Mistake(
        "mask-from-gradient",
        "the ReLU mask is taken from the sign of the gradient, not of z",
        EQ_STEP + ", f'(z) = 1 where z > 0",
        HIDDEN_STEP,
    ),
    Mistake(
        "relu-mask-at-zero",
        "the ReLU mask uses z >= 0 instead of z > 0",
        "f'(z) = 1 where z > 0, else 0: at exactly 0 it is 0",
        RELU,
    ),
    Mistake(
        "mask-wrong-layer",
        "the mask, or f', is taken from the wrong layer",
        EQ_STEP + ", z of the same layer as dz",
        HIDDEN_STEP,
    ),
    Mistake(
        "delta-without-weights",
        "the delta is passed back without multiplying by W",
        "da = dz Wᵀ",
        INPUT_GRADIENT,
    ),
    Mistake(
        "delta-weights-not-transposed",
        "the delta is multiplied by W instead of its transpose",
        "da = dz Wᵀ",
        INPUT_GRADIENT,
    ),
    # dW and db
    Mistake("dw-transposed", "dW is transposed", "dW = aᵀ dz", WEIGHT_GRADIENT),
    Mistake(
        "dw-wrong-layer",
        "dW is computed from the activations of the wrong layer",
        "dW = aᵀ dz, with a the input of the same layer",
        WEIGHT_GRADIENT,
    ),
    Mistake(
        "dw-from-preactivation",
        "dW is computed from the pre-activation z instead of the activation a",
        "dW = aᵀ dz, with a = f(z) of the layer before",
        WEIGHT_GRADIENT,
    ),
    Mistake(
        "db-missing", "the bias gradient is missing", "db = Σ_batch dz", BIAS_GRADIENT
    ),
    Mistake(
        "db-averaged",
        "the bias gradient is averaged over the batch, though dz already is",
        "db = Σ_batch dz, because dz already contains 1/B",
        BIAS_GRADIENT,
    ),
    Mistake(
        "db-wrong-axis",
        "the bias gradient is summed over the wrong axis",
        "db = Σ_batch dz (axis=0): one number per unit",
        BIAS_GRADIENT,
    ),
    Mistake(
        "db-first-sample",
        "the bias gradient comes from one sample only",
        "db = Σ_batch dz: the sum over all samples",
        BIAS_GRADIENT,
    ),
    # between the batches
    Mistake(
        "updated-weights",
        "the backward pass runs through weights that are already updated",
        "da = dz Wᵀ with the W of the forward pass: first all gradients, then the step",
        INPUT_GRADIENT,
    ),
    Mistake(
        "accumulated",
        "the gradients are accumulated from batch to batch and never set to zero",
        "g = ∂loss/∂θ of this batch alone",
        "gradients = []",
    ),
    Mistake(
        "gradient-clipped",
        "the gradients are clipped",
        "g = ∂loss/∂θ, whatever its size",
        MOVE,
    ),
    Mistake("l2-on-biases", "L2 is applied to the biases too", EQ_L2, L2),
    Mistake("l2-not-divided", "the L2 term is too large", EQ_L2, L2),
    Mistake("l2-divided-twice", "the L2 term is divided once too often", EQ_L2, L2),
    Mistake("l2-missing", "the L2 term is missing", EQ_L2, L2),
    Mistake(
        "decay-decoupled",
        "the weight decay is decoupled, as in AdamW, instead of added to the gradient",
        EQ_L2,
        L2,
    ),
    Mistake(
        "decay-coupled",
        "the weight decay is added to the gradient, but AdamW decouples it",
        "θ ← θ − ηλθ, then a step of Adam with g = dW",
        DECOUPLED,
    ),
    Mistake(
        "adamw-decay",
        "AdamW's decay is applied in another way",
        "θ ← θ − ηλθ first, then a step of Adam with g = dW, without λ",
        DECOUPLED,
    ),
    Mistake(
        "momentum-damped",
        "momentum is damped: the gradient is multiplied by (1 − μ)",
        "v ← μv + g,  θ ← θ − ηv",
        VELOCITY,
    ),
    Mistake(
        "momentum-missing",
        "there is no momentum",
        "v ← μv + g,  θ ← θ − ηv",
        VELOCITY,
    ),
    Mistake(
        "velocity-late",
        "the step is taken with the velocity of the step before",
        "v ← μv + g first, then θ ← θ − ηv",
        MOVE,
    ),
    Mistake(
        "nesterov-for-momentum",
        "Nesterov's momentum is used where plain momentum was asked for",
        "v ← μv + g,  θ ← θ − ηv",
        LOOK_AHEAD,
    ),
    Mistake(
        "momentum-for-nesterov",
        "plain momentum is used where Nesterov's was asked for",
        "v ← μv + g,  θ ← θ − η(g + μv)",
        LOOK_AHEAD,
    ),
    Mistake(
        "learning-rate-twice",
        "the learning rate is applied twice",
        "θ ← θ − ηv, with η in one place only",
        MOVE,
    ),
    Mistake(
        "adam-no-correction", "Adam lacks the bias correction", EQ_MHAT, CORRECTION
    ),
    Mistake(
        "adam-epsilon",
        "Adam's ε stands in another place",
        EQ_ADAM + ": ε is added after the root and after the correction",
        ADAM_MOVE,
    ),
    Mistake(
        "adam-epsilon-value",
        "Adam's ε has another value than the one asked for",
        EQ_ADAM,
        ADAM_MOVE,
    ),
    Mistake(
        "adam-root-missing",
        "Adam divides by v̂ instead of its root",
        EQ_ADAM,
        ADAM_MOVE,
    ),
    Mistake(
        "adam-hats-kept",
        "Adam keeps the corrected m̂ and v̂ in place of m and v",
        EQ_MHAT + ", for this step only",
        CORRECTION,
    ),
    Mistake(
        "adam-power",
        "Adam's correction multiplies β by t instead of raising it to the power t",
        EQ_MHAT,
        CORRECTION,
    ),
    Mistake("adam-t", "Adam's t does not count the steps from 1", EQ_MHAT, CORRECTION),
    Mistake(
        "adam-betas-exchanged",
        "Adam's β₁ and β₂ are exchanged",
        "m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²",
        FIRST_MOMENT,
    ),
    Mistake(
        "adam-v-not-squared",
        "Adam's v is built from g instead of g²",
        "v ← β₂ v + (1 − β₂) g²",
        SECOND_MOMENT,
    ),
    Mistake(
        "state-forgotten",
        "the memory of the optimizer is lost between two epochs",
        "v, m and t live on from one train_epoch to the next; set_weights resets them",
        "self._memory = [",
        METHODS,
    ),
    Mistake(
        "short-batch-dropped",
        "the short last batch is dropped",
        EQ_BATCH,
        "rows = order[start : start + self.batch_size]",
        METHODS,
    ),
    Mistake(
        "short-batch-divisor",
        "the short last batch is divided by the full batch size",
        "dz = (p − onehot(y)) / B, with B the rows of this batch",
        DELTA,
    ),
    Mistake(
        "labels-not-shuffled",
        "X is taken in the order of `order`, y is not",
        "X[rows] and y[rows], the same rows for both",
        "self._train_batch(X[rows], y[rows])",
        METHODS,
    ),
    Mistake(
        "order-ignored",
        "the batches are not taken from `order`",
        EQ_BATCH,
        "rows = order[start : start + self.batch_size]",
        METHODS,
    ),
    # what a method does to its arguments
    Mistake(
        "inputs-changed",
        "the inputs are changed in place",
        "X, y and order are only read: X − mean is a new array, never X -= mean",
        "self._train_batch(X[rows], y[rows])",
        METHODS,
    ),
    Mistake(
        "weights-zeroed",
        "set_weights does not store the weights it is given, but zeros",
        "W ← a copy of the given W, b ← a copy of the given b",
        "(np.array(W, self.dtype), np.array(b, self.dtype)) for W, b in weights",
        METHODS,
    ),
    Mistake(
        "not-reset",
        "set_weights does not forget the memory of the optimizer",
        "after set_weights: v = 0, m = 0, t = 0",
        "self._memory = [",
        METHODS,
    ),
    Mistake(
        "weights-shared",
        "the weights are shared with the caller instead of copied",
        "set_weights copies in, get_weights copies out",
        "(np.array(W, self.dtype), np.array(b, self.dtype)) for W, b in weights",
        METHODS,
    ),
    Mistake(
        "float32-result",
        "the result is float32, though float64 was asked for",
        "every array has the dtype asked for; float32 keeps 7 digits, float64 16",
        "self.dtype, self.batch_size = np.dtype(dtype), batch_size",
        METHODS,
    ),
)

BY_KEY = {mistake.key: mistake for mistake in CATALOGUE}
