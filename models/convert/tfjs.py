"""Reads a TensorFlow.js graph model: `NAME.json` (the graph) and the weight files it names."""

import base64
import json
import math
from pathlib import Path

import numpy as np

DTYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_, "uint8": np.uint8}
# TensorFlow's enum, by number and by name
TF_TYPES = {
    1: np.float32, 3: np.int32, 4: np.uint8, 9: np.int64, 10: np.bool_,
    "DT_FLOAT": np.float32, "DT_INT32": np.int32, "DT_INT64": np.int64,
}


class Unreadable(Exception):
    """The model is not what this reader knows."""


def load(path):
    """Nodes by name, and weights by name as arrays."""
    path = Path(path)
    model = json.loads(path.read_text(encoding="utf-8"))
    weights = {}
    for group in model["weightsManifest"]:
        data = b"".join((path.parent / name).read_bytes() for name in group["paths"])
        offset = 0
        for weight in group["weights"]:
            count = math.prod(weight["shape"])
            stored = np.dtype(weight.get("quantization", {}).get("dtype", DTYPES[weight["dtype"]]))
            if "quantization" in weight and stored != np.float16:
                raise Unreadable(f"weight {weight['name']} is stored as {stored}; only float16 is known")
            array = np.frombuffer(data, stored, count, offset).astype(DTYPES[weight["dtype"]])
            weights[weight["name"]] = array.reshape(weight["shape"])
            offset += count * stored.itemsize
        if offset != len(data):
            raise Unreadable(f"{path.name}: the weights take {offset} bytes, the files hold {len(data)}")
    return {node["name"]: node for node in model["modelTopology"]["node"]}, weights


def attribute(node, key, default=None):
    """One attribute of a node in Python's own types."""
    value = (node.get("attr") or {}).get(key)
    if value is None:
        return default
    if "i" in value:
        return int(value["i"])
    if "f" in value:
        return float(value["f"])
    if "b" in value:
        return bool(value["b"])
    if "s" in value:
        return _text(value["s"])
    if "type" in value:
        return TF_TYPES[value["type"]]
    if "list" in value:
        items = value["list"]
        return [int(i) for i in items.get("i", [])] or [_text(s) for s in items.get("s", [])]
    return default


def _text(value):
    # bytes are written as a list of numbers or in base64
    return bytes(value).decode() if isinstance(value, list) else base64.b64decode(value).decode()
