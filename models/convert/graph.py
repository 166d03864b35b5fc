"""An ONNX graph under construction from a TensorFlow graph.

TensorFlow works on N,H,W,C and ONNX's convolutions on N,C,H,W. Every tensor is kept in the layout in which it was
made and turned only where somebody asks for the other one; `Transpose` pairs that meet are removed by onnxslim.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

ONNX_TYPES = {
    np.dtype("float32"): TensorProto.FLOAT, np.dtype("int32"): TensorProto.INT32,
    np.dtype("int64"): TensorProto.INT64, np.dtype("bool"): TensorProto.BOOL, np.dtype("uint8"): TensorProto.UINT8,
}


class Graph:
    """Nodes are emitted when somebody needs their output, so what no output needs never appears."""

    def __init__(self, nodes, weights, emit, resize_scale):
        self.tf_nodes = nodes
        self.weights = weights
        self.emit = emit
        # factors for the constant sizes of resize nodes: the input has another size than the model was published for
        self.resize_scale = resize_scale
        self.cuts = {}  # TensorFlow node -> (name, shape, dtype) of the graph input that takes its place
        self.nodes, self.initializers, self.inputs = [], [], []
        self.tensors = {}  # (TensorFlow node, output) -> {"nhwc": ONNX name, "nchw": ONNX name}
        self.constants = {}  # (TensorFlow node, output) -> array
        self._count = 0

    # building

    def _unique(self, prefix):
        self._count += 1
        return f"{prefix}_{self._count}"

    def add(self, op, inputs, outputs=1, name=None, **attributes):
        """One ONNX node; the name of its output, or the list of names if there are several."""
        names = [self._unique(name or op) for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, array, prefix="c"):
        """A constant tensor."""
        name = self._unique(prefix)
        self.initializers.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def int64(self, values):
        """A constant list of integers."""
        return self.constant(np.array(values, np.int64))

    def put(self, tf_name, onnx_name, layout="nhwc", output=0):
        """Tells where a TensorFlow tensor is found."""
        self.tensors[(tf_name, output)] = {layout: onnx_name}

    # reading

    @staticmethod
    def reference(text):
        """`name:2` is the third output of `name`."""
        name, _, index = text.lstrip("^").partition(":")
        return name, int(index or 0)

    def array(self, text):
        """The constant value of an input, if it has one."""
        key = self.reference(text)
        self.need(key[0])
        return self.constants.get(key)

    def nhwc(self, text):
        return self._in_layout(text, "nhwc", "nchw", [0, 2, 3, 1])

    def nchw(self, text):
        return self._in_layout(text, "nchw", "nhwc", [0, 3, 1, 2])

    def is_nchw(self, text):
        """Is this tensor at hand in N,C,H,W?"""
        return "nchw" in self.tensors.get(self.reference(text), {})

    def _in_layout(self, text, wanted, other, turn):
        key = self.reference(text)
        self.need(key[0])
        if key not in self.tensors:
            self.tensors[key] = {"nhwc": self.constant(self.constants[key])}
        at_hand = self.tensors[key]
        if wanted not in at_hand:
            at_hand[wanted] = self.add("Transpose", [at_hand[other]], perm=turn)
        return at_hand[wanted]

    def need(self, tf_name):
        """Emits a node and all it depends on, depth first and without recursion."""
        waiting = [tf_name]
        while waiting:
            name = waiting[-1]
            if self._known(name):
                waiting.pop()
            elif name in self.cuts:
                onnx_name, shape, dtype = self.cuts[name]
                self.inputs.append(helper.make_tensor_value_info(onnx_name, ONNX_TYPES[np.dtype(dtype)], shape))
                self.put(name, onnx_name)
                waiting.pop()
            else:
                node = self.tf_nodes[name]
                inputs = [self.reference(i)[0] for i in node.get("input", []) if not i.startswith("^")]
                missing = [i for i in inputs if not self._known(i)]
                if missing:
                    waiting.extend(missing)
                else:
                    self.emit(self, node)
                    waiting.pop()

    def _known(self, name):
        return (name, 0) in self.tensors or (name, 0) in self.constants
