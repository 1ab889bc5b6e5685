"""Checks an ONNX model with the package of its authors, and writes down what it says of itself: check_onnx.py MODEL OUT."""

import json
import sys

import onnx
from onnx import TensorProto

path, out = sys.argv[1:]
onnx.checker.check_model(path, full_check=True)
model = onnx.load(path)


def typed(value):
    tensor = value.type.tensor_type
    sizes = [d.dim_param or d.dim_value for d in tensor.shape.dim]
    return [TensorProto.DataType.Name(tensor.elem_type), *sizes]


graph = model.graph
largest = max(graph.initializer, key=lambda tensor: len(tensor.raw_data))
found = {
    "ir_version": model.ir_version,
    "opset": {each.domain: each.version for each in model.opset_import},
    "producer": model.producer_name,
    "inputs": {each.name: typed(each) for each in graph.input},
    "outputs": {each.name: typed(each) for each in graph.output},
    "weights": TensorProto.DataType.Name(largest.data_type),
    "metadata": {each.key: each.value for each in model.metadata_props},
    "nodes": [node.name for node in graph.node],
    "ops": [node.op_type for node in graph.node],
}
with open(out, "w") as file:
    json.dump(found, file)
