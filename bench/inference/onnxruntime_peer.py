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
    import onnxruntime as ort
except ImportError as error:
    missing(error)
    sys.exit()
os.dup2(stderr, 2)


class Answers:
    def __init__(self, workload, variant):
        options = ort.SessionOptions()
        options.intra_op_num_threads = int(variant["threads"])
        options.inter_op_num_threads = 1
        self.session = ort.InferenceSession(workload["onnx"], options, providers=["CPUExecutionProvider"])
        given = self.session.get_inputs()[0]
        shape = [size for size in given.shape[1:]]
        dtype = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}[given.type]
        self.rows = int(variant["batch"])
        x = np.fromfile(workload["x"], np.uint8, self.rows * math.prod(shape)).reshape(self.rows, *shape)
        self.feed = {given.name: (x if workload["isText"] else x / workload["divisor"]).astype(dtype)}
        self.name = self.session.get_outputs()[0].name

    def run(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            self.session.run([self.name], self.feed)
        return steps, (time.perf_counter() - start) * 1000

    def loss_after(self, _steps):
        return float(np.abs(self.session.run([self.name], self.feed)[0]).astype(np.float64).sum() / self.rows)


serve(f"onnxruntime {ort.__version__}", Answers)
