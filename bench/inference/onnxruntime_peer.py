"""onnxruntime on the CPU, with the model that Gradloom exports."""

import math
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../peers"))
# Debian's package registers its schemas twice, and says so a thousand times.
stderr = os.dup(2)
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
from serve import missing, serve

try:
    import numpy as np
    import onnx
    import onnxruntime as ort
except ImportError as error:
    missing(error)
    sys.exit()
os.dup2(stderr, 2)


def with_free_rows(path):
    """The bytes of a graph of one row, which takes any number of them."""
    model = onnx.load(path)
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for value in [*(value for value in graph.input if value.name not in weights), *graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    del graph.value_info[:]
    for shape in {node.input[1] for node in graph.node if node.op_type == "Reshape"} & weights.keys():
        extents = onnx.numpy_helper.to_array(weights[shape])
        if extents[0] == 1:
            weights[shape].CopyFrom(onnx.numpy_helper.from_array(np.array([0, *extents[1:]]), shape))
    return model.SerializeToString()


class Answers:
    def __init__(self, workload, variant):
        options = ort.SessionOptions()
        options.intra_op_num_threads = int(variant["threads"])
        options.inter_op_num_threads = 1
        order = workload.get("order")
        graph = workload["onnx"] if order is None else with_free_rows(workload["onnx"])
        self.session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        given = self.session.get_inputs()[0]
        shape = given.shape[1:] if order is None else workload["network"]["input"]
        dtype = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}[given.type]
        self.rows = int(variant["batch"])
        x = np.fromfile(workload["x"], np.uint8, self.rows * math.prod(shape)).reshape(self.rows, *shape)
        self.feed = {given.name: (x if workload["isText"] else x / workload["divisor"]).astype(dtype)}
        if order is not None:
            moved = self.feed[given.name].transpose([0, *(axis + 1 for axis in order)])
            self.feed[given.name] = np.ascontiguousarray(moved)
        self.name = self.session.get_outputs()[0].name

    def run(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            self.session.run([self.name], self.feed)
        return steps, (time.perf_counter() - start) * 1000

    def loss_after(self, _steps):
        return float(np.abs(self.session.run([self.name], self.feed)[0]).astype(np.float64).sum() / self.rows)


serve(f"onnxruntime {ort.__version__}", Answers)
