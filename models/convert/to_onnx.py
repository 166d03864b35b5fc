#!/usr/bin/env python3
"""Converts a TensorFlow.js graph model to ONNX as a model card says.

    to_onnx.py CARD.toml MODEL.json OUT.onnx

Needs numpy, onnx and onnxslim, not TensorFlow. The same input gives the same bytes on every machine: the weights are
only copied and turned, nothing is computed that depends on the processor.
"""

import argparse
import sys
import tomllib
from pathlib import Path

import onnx
import onnxslim
from onnx import TensorProto, helper

import ops
import ops_shape  # noqa: F401  registers its operations
import tfjs
from graph import Graph

OPSET, IR_VERSION = 13, 8


def convert(card, model_json, target):
    """Writes `target`; the card's [convert] names the cut points and what they are called afterwards."""
    plan = card["convert"]
    nodes, weights = tfjs.load(model_json)
    published, wanted = plan.get("published_size", [1, 1]), plan.get("size", [1, 1])
    graph = Graph(nodes, weights, ops.emit, [w / p for w, p in zip(wanted, published)])
    given = card["input"]
    graph.cuts[plan["input"]] = (given["name"], given["shape"], tfjs.DTYPES[given["type"]])
    outputs = []
    for source, name in plan["outputs"].items():
        graph.need(graph.reference(source)[0])
        tensor = graph.nhwc(source)
        graph.nodes.append(helper.make_node("Identity", [tensor], [name], name="out_" + name))
        outputs.append(helper.make_empty_tensor_value_info(name))
    built = helper.make_graph(graph.nodes, "tfjs", graph.inputs, outputs, graph.initializers)
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(built, opset_imports=opset, producer_name="tfjs2onnx")
    model.ir_version = IR_VERSION
    model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    onnx.save(model, target)
    model = onnxslim.slim(str(target))
    model.ir_version = IR_VERSION
    onnx.save(model, target)
    onnx.checker.check_model(onnx.load(target), full_check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("card", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    try:
        convert(tomllib.loads(args.card.read_text(encoding="utf-8")), args.model, args.out)
    except (tfjs.Unreadable, OSError) as error:
        sys.exit(f"{args.model.name} cannot be converted: {error}")


if __name__ == "__main__":
    main()
