"""How far from PyTorch in float64 is still the same arithmetic, by dtype and gate.

Relative to the largest entry of each array. A long training in float32 is not the same
arithmetic to many digits, whoever computes it: there the gate only tells gross errors.
"""

EVALUATION = {"float64": 1e-12, "float32": 5e-6}
FINITE_DIFFERENCES = 1e-6  # of float64; in float32 they have no digits left
# by number of steps
STEPS = {
    "float64": {1: 1e-12, 10: 1e-11, 200: 1e-9},
    "float32": {1: 5e-6, 10: 5e-5, 200: 5e-2},
}
EPOCH = {"float64": 1e-9, "float32": 2e-1}
# Two float64 computations that differ in the order of a sum only.
EXPLAINED = {"float64": 1e-11, "float32": 5e-5}
