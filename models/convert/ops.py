"""How each TensorFlow operation is said in ONNX. Only what our models contain is here; anything else is refused."""

import numpy as np

from graph import ONNX_TYPES
from tfjs import Unreadable, attribute

OPS = {}


def op(*names):
    """Registers a translation."""
    def register(function):
        OPS.update(dict.fromkeys(names, function))
        return function
    return register


def emit(g, node):
    """Translates one TensorFlow node."""
    if node["op"] not in OPS:
        raise Unreadable(f"operation {node['op']} (node {node['name']}) is not known to this converter")
    inputs = [i for i in node.get("input", []) if not i.startswith("^")]
    OPS[node["op"]](g, node, node["name"], inputs)


@op("Const")
def const(g, node, name, inputs):
    g.constants[(name, 0)] = g.weights[name]


@op("Identity")
def identity(g, node, name, inputs):
    source = g.reference(inputs[0])
    for table in (g.tensors, g.constants):
        if source in table:
            table[(name, 0)] = table[source]


@op("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative")
def convolution(g, node, name, inputs):
    weight = g.array(inputs[1])
    if weight is None or attribute(node, "data_format", "NHWC") != "NHWC":
        raise Unreadable(f"convolution {name}: only constant weights and NHWC are known")
    height, width, channels, out = weight.shape
    if "epthwise" in node["op"]:
        weight, groups = weight.transpose(2, 3, 0, 1).reshape(channels * out, 1, height, width), channels
    else:
        weight, groups = weight.transpose(3, 2, 0, 1), 1
    strides, dilations = attribute(node, "strides"), attribute(node, "dilations") or [1, 1, 1, 1]
    settings = {"strides": strides[1:3], "dilations": dilations[1:3], "group": groups, "kernel_shape": [height, width]}
    padding = attribute(node, "padding")
    if padding == "SAME":
        settings["auto_pad"] = "SAME_UPPER"
    elif padding != "VALID":
        raise Unreadable(f"convolution {name}: padding {padding} is not known")
    tensors = [g.nchw(inputs[0]), g.constant(weight, name + "_w")]
    fused = attribute(node, "fused_ops") or []
    if "BiasAdd" in fused:
        tensors.append(g.constant(g.array(inputs[2]), name + "_b"))
    result = g.add("Conv", tensors, name=name, **settings)
    for activation in (f for f in fused if f != "BiasAdd"):
        if activation == "Relu":
            result = g.add("Relu", [result])
        elif activation == "Relu6":
            result = g.add("Clip", [result, g.constant(np.float32(0)), g.constant(np.float32(6))])
        else:
            raise Unreadable(f"convolution {name}: activation {activation} is not known")
    g.put(name, result, "nchw")


@op("Sigmoid", "Sqrt", "LeakyRelu")
def unary(g, node, name, inputs):
    layout = "nchw" if g.is_nchw(inputs[0]) else "nhwc"
    source = getattr(g, layout)(inputs[0])
    settings = {"alpha": attribute(node, "alpha", 0.2)} if node["op"] == "LeakyRelu" else {}
    g.put(name, g.add(node["op"], [source], name=name, **settings), layout)


@op("Cast")
def cast(g, node, name, inputs):
    layout = "nchw" if g.is_nchw(inputs[0]) else "nhwc"
    kind = attribute(node, "DstT")
    result = g.add("Cast", [getattr(g, layout)(inputs[0])], name=name, to=ONNX_TYPES[np.dtype(kind)])
    if (value := g.array(inputs[0])) is not None:
        g.constants[(name, 0)] = value.astype(kind)
    g.put(name, result, layout)


FOLD = {"Add": np.add, "AddV2": np.add, "Sub": np.subtract, "Mul": np.multiply, "RealDiv": np.divide}
BINARY = {"Add": "Add", "AddV2": "Add", "Sub": "Sub", "Mul": "Mul", "RealDiv": "Div", "FloorDiv": "Div"}


@op(*BINARY)
def binary(g, node, name, inputs):
    left, right = g.array(inputs[0]), g.array(inputs[1])
    if left is not None and right is not None and node["op"] in FOLD:
        g.constants[(name, 0)] = FOLD[node["op"]](left, right).astype(left.dtype)
    else:
        _binary(g, name, BINARY[node["op"]], inputs)


@op("SquaredDifference")
def squared_difference(g, node, name, inputs):
    _binary(g, name, "Sub", inputs)
    ((layout, difference),) = g.tensors[(name, 0)].items()
    g.put(name, g.add("Mul", [difference, difference], name=name), layout)


def _binary(g, name, onnx_op, inputs):
    arrays = [g.array(i) for i in inputs[:2]]
    turned = [g.is_nchw(i) for i in inputs[:2]]
    # a tensor whose rank is not known must not be turned: then both are taken as TensorFlow has them
    layout = "nchw" if any(turned) and all(a is not None or t for a, t in zip(arrays, turned)) else "nhwc"

    def side(text, array):
        if layout == "nhwc":
            return g.nhwc(text)
        return g.nchw(text) if array is None else g.constant(_along_channels(array))

    g.put(name, g.add(onnx_op, [side(t, a) for t, a in zip(inputs, arrays)], name=name), layout)


def _along_channels(array):
    if array.size == 1:
        return array.reshape(())
    if array.ndim == 1:
        return array.reshape(1, -1, 1, 1)
    if array.ndim == 3:
        return array.transpose(2, 0, 1)[None]
    if array.ndim == 4:
        return array.transpose(0, 3, 1, 2)
    raise Unreadable(f"a constant of shape {array.shape} cannot be laid along the channels")
