"""TensorFlow operations that move, cut and resize tensors, said in ONNX."""

import numpy as np
from onnx import TensorProto

from ops import op
from tfjs import Unreadable, attribute


@op("MaxPool")
def max_pool(g, node, name, inputs):
    settings = {"kernel_shape": attribute(node, "ksize")[1:3], "strides": attribute(node, "strides")[1:3]}
    if attribute(node, "padding") == "SAME":
        settings["auto_pad"] = "SAME_UPPER"
    g.put(name, g.add("MaxPool", [g.nchw(inputs[0])], name=name, **settings), "nchw")


@op("ResizeBilinear")
def resize(g, node, name, inputs):
    size = g.array(inputs[1])
    if attribute(node, "align_corners", False):
        mode = "align_corners"
    else:
        mode = "half_pixel" if attribute(node, "half_pixel_centers", False) else "asymmetric"
    source = g.nchw(inputs[0])
    height, width = (int(round(int(s) * factor)) for s, factor in zip(size, g.resize_scale))
    shape = g.add("Shape", [source])
    batch_and_channels = g.add("Slice", [shape, g.int64([0]), g.int64([2])])
    target = g.add("Concat", [batch_and_channels, g.int64([height, width])], axis=0)
    settings = {"mode": "linear", "coordinate_transformation_mode": mode}
    g.put(name, g.add("Resize", [source, "", "", target], name=name, **settings), "nchw")


@op("Pad", "PadV2")
def pad(g, node, name, inputs):
    widths = g.array(inputs[1])
    value = float(g.array(inputs[2])) if node["op"] == "PadV2" else 0.0
    if widths.shape[0] == 4 and g.is_nchw(inputs[0]):
        widths, source, layout = widths[[0, 3, 1, 2]], g.nchw(inputs[0]), "nchw"
    else:
        source, layout = g.nhwc(inputs[0]), "nhwc"
    before_after = g.int64([*widths[:, 0], *widths[:, 1]])
    g.put(name, g.add("Pad", [source, before_after, g.constant(np.float32(value))], name=name), layout)


@op("ConcatV2")
def concat(g, node, name, inputs):
    axis, parts = int(g.array(inputs[-1])), inputs[:-1]
    if all(g.is_nchw(p) for p in parts):
        result = g.add("Concat", [g.nchw(p) for p in parts], axis=[0, 2, 3, 1][axis], name=name)
        g.put(name, result, "nchw")
    else:
        g.put(name, g.add("Concat", [g.nhwc(p) for p in parts], axis=axis, name=name))


@op("Transpose")
def transpose(g, node, name, inputs):
    turn = [int(i) for i in g.array(inputs[1])]
    g.put(name, g.add("Transpose", [g.nhwc(inputs[0])], perm=turn, name=name))


@op("Reshape")
def reshape(g, node, name, inputs):
    shape, source = g.array(inputs[1]), g.nhwc(inputs[0])
    if shape is None:
        target = g.add("Cast", [g.nhwc(inputs[1])], to=TensorProto.INT64)
    else:
        target = g.int64(list(shape))
    g.put(name, g.add("Reshape", [source, target], name=name))


@op("ExpandDims")
def expand_dims(g, node, name, inputs):
    g.put(name, g.add("Unsqueeze", [g.nhwc(inputs[0]), g.int64([int(g.array(inputs[1]))])], name=name))


@op("Squeeze")
def squeeze(g, node, name, inputs):
    axes = attribute(node, "squeeze_dims")
    g.put(name, g.add("Squeeze", [g.nhwc(inputs[0])] + ([g.int64(axes)] if axes else []), name=name))


@op("Pack")
def pack(g, node, name, inputs):
    axis = attribute(node, "axis", 0)
    parts = [g.add("Unsqueeze", [g.nhwc(i), g.int64([axis])]) for i in inputs]
    g.put(name, g.add("Concat", parts, axis=axis, name=name))


@op("Unpack")
def unpack(g, node, name, inputs):
    axis, count = attribute(node, "axis", 0), attribute(node, "num")
    whole = g.nhwc(inputs[0])
    parts = g.add("Split", [whole], outputs=count, axis=axis) if count > 1 else [whole]
    for index, part in enumerate(parts):
        g.put(name, g.add("Squeeze", [part, g.int64([axis])]), output=index)


@op("SplitV")
def split(g, node, name, inputs):
    sizes, axis = g.array(inputs[1]), int(g.array(inputs[2]))
    parts = g.add("Split", [g.nhwc(inputs[0]), g.int64(list(sizes))], outputs=len(sizes), axis=axis)
    for index, part in enumerate(parts):
        g.put(name, part, output=index)


@op("GatherNd")
def gather(g, node, name, inputs):
    source = g.nhwc(inputs[0])
    where = g.add("Cast", [g.nhwc(inputs[1])], to=TensorProto.INT64)
    g.put(name, g.add("GatherND", [source, where], name=name))


@op("ArgMax")
def arg_max(g, node, name, inputs):
    if attribute(node, "output_type") is not np.int32:
        raise Unreadable(f"ArgMax {name}: only 32-bit indices are known")
    best = g.add("ArgMax", [g.nhwc(inputs[0])], axis=int(g.array(inputs[1])), keepdims=0)
    g.put(name, g.add("Cast", [best], to=TensorProto.INT32, name=name))


@op("SparseToDense")
def sparse_to_dense(g, node, name, inputs):
    indices, shape, values, default = (g.array(i) for i in inputs)
    dense = np.full([int(s) for s in shape], default)
    dense[tuple(np.atleast_2d(indices).T) if indices.ndim == 2 else indices] = values
    g.constants[(name, 0)] = dense
