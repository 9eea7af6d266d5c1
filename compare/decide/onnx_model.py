"""The trained network as an ONNX model, written node by node: float32 and int8.

No exporter is asked: each equation is a node with a name, as the textbook has it. The
int8 model keeps each weight as a whole number, W ≈ s · (Q − 128) with
s = max|W| / 127, and quantizes the activations as they come (`DynamicQuantizeLinear`),
so that the products are products of bytes; biases, ReLU and softmax stay float32.

Q is unsigned, 1 to 255. With signed bytes, ONNX Runtime adds pairs of products in 16
bits on processors without VNNI, where 2 · 255 · 127 does not fit: wrong sums, in
silence.
"""

from typing import Any

import numpy as np

from compare.contract import Array, Weights
from compare.errors import UsageError

NODES = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "identity": "Identity"}
# MatMulInteger needs 10, DynamicQuantizeLinear 11, Softmax over the last axis 13.
OPSET = 13
IR_VERSION = 8
MIDDLE = 128
X, PROBS = "X", "probs"


def export(weights: Weights, activation: str, *, int8: bool = False) -> bytes:
    """Return the bytes of a model that maps X (n, features) to probs (n, classes).

    Raises
    ------
    UsageError
        If ONNX has no node for the activation.
    """
    from onnx import TensorProto, checker, helper

    if activation not in NODES:
        raise UsageError(
            f"activation must be one of {', '.join(NODES)} for ONNX, got {activation!r}"
        )
    nodes, constants, a = [], [], X
    for layer, (W, b) in enumerate(weights):
        linear = _int8_layer if int8 else _layer
        z = f"z{layer}"
        new_nodes, new_constants = linear(layer, a, z, W, b)
        nodes += new_nodes
        constants += new_constants
        is_last = layer == len(weights) - 1
        a = PROBS if is_last else f"a{layer}"
        kind = "Softmax" if is_last else NODES[activation]
        node = helper.make_node(kind, [z], [a], name=a)
        if is_last:
            node.attribute.append(helper.make_attribute("axis", -1))
        nodes.append(node)
    n_features, n_classes = weights[0][0].shape[0], len(weights[-1][1])
    graph = helper.make_graph(
        nodes,
        "mlp",
        [helper.make_tensor_value_info(X, TensorProto.FLOAT, ["n", n_features])],
        [helper.make_tensor_value_info(PROBS, TensorProto.FLOAT, ["n", n_classes])],
        constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content


Parts = tuple[list[Any], list[Any]]


def _layer(layer: int, a: str, z: str, W: Array, b: Array) -> Parts:
    """Return z = a W + b: nodes and constants."""
    from onnx import helper

    nodes = [
        helper.make_node("MatMul", [a, f"W{layer}"], [f"{z}_product"]),
        helper.make_node("Add", [f"{z}_product", f"b{layer}"], [z]),
    ]
    return nodes, [_constant(f"W{layer}", W), _constant(f"b{layer}", b)]


def _int8_layer(layer: int, a: str, z: str, W: Array, b: Array) -> Parts:
    """Return z = s_a s_W (Q_a − zero_a) (Q_W − 128) + b: nodes and constants."""
    from onnx import TensorProto, helper

    scale = float(np.abs(W).max()) / 127 or 1.0
    quantized = (np.clip(np.rint(W / scale), -127, 127) + MIDDLE).astype(np.uint8)
    q, s, zero = (f"{a}_{part}" for part in ("q", "scale", "zero"))
    product = [q, f"Q{layer}", zero, f"zero{layer}"]
    nodes = [
        helper.make_node("DynamicQuantizeLinear", [a], [q, s, zero]),
        helper.make_node("MatMulInteger", product, [f"{z}_int"]),
        helper.make_node("Cast", [f"{z}_int"], [f"{z}_float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [s, f"s{layer}"], [f"{z}_scale"]),
        helper.make_node("Mul", [f"{z}_float", f"{z}_scale"], [f"{z}_product"]),
        helper.make_node("Add", [f"{z}_product", f"b{layer}"], [z]),
    ]
    constants = [
        _constant(f"Q{layer}", quantized),
        _constant(f"zero{layer}", np.array(MIDDLE, np.uint8)),
        _constant(f"s{layer}", np.array(scale, np.float32)),
        _constant(f"b{layer}", b),
    ]
    return nodes, constants


def _constant(name: str, value: Array) -> Any:
    from onnx import numpy_helper

    array = value if value.dtype == np.uint8 else np.asarray(value, np.float32)
    return numpy_helper.from_array(np.ascontiguousarray(array), name)
