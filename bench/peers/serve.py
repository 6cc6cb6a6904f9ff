"""Answers one line of JSON with one line, as serve.ts does: open, lossAfter, run."""

import json
import math
import sys

import numpy as np


def read_arrays(workload):
    """x [rows, ...shape of a row], t [rows], or [rows, T] of texts, and all weights [P]; x and weights in float64."""
    rows, shape = workload["rows"], workload["network"]["input"]
    shape = shape if isinstance(shape, list) else [shape]
    x = np.fromfile(workload["x"], np.uint8, rows * math.prod(shape)).reshape(rows, *shape) / workload["divisor"]
    t = np.fromfile(workload["t"], np.uint8, rows * workload["targets"]).reshape(rows, -1)
    return x, t if workload["targets"] > 1 else t[:, 0], np.fromfile(workload["theta"], np.float64)


def read_workload(workload):
    """x [rows, inputs], t [rows], and (W [in, out], b [out]) of each layer, in float64."""
    x, t, theta = read_arrays(workload)
    layers, offset = [], 0
    widths = workload["widths"]
    for i, o in zip(widths, widths[1:]):
        W = theta[offset : offset + i * o].reshape(i, o)
        layers.append((W.copy(), theta[offset + i * o : offset + i * o + o].copy()))
        offset += i * o + o
    return x, t, layers


def loaded_blas():
    """Paths of the BLAS libraries in this process."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "/" in line}
    names = ("libopenblas", "libblas", "libmkl_", "libblis")
    return sorted(p for p in paths if p.split("/")[-1].lower().startswith(names))


def require_fast_blas():
    """Refuses the reference BLAS, with which no comparison is fair."""
    paths = loaded_blas()
    if not any(word in path.lower() for path in paths for word in ("openblas", "mkl_", "blis")):
        raise ImportError(f"the BLAS is the reference's ({', '.join(paths) or 'none found'}): apt-get install libopenblas0-openmp")
    return ", ".join(paths)


def set_blas_threads(threads):
    """The number of OpenBLAS's own threads, in addition to those of the program."""
    import ctypes

    for path in loaded_blas():
        set_threads = getattr(ctypes.CDLL(path), "openblas_set_num_threads", None)
        if set_threads is not None:
            set_threads(int(threads))


def serve(about, open_training, lines=None, quiet=False):
    """open_training(workload, variant) returns an object with run(steps) -> (steps, ms) and loss_after(steps)."""

    def answer(value):
        if not quiet:
            print(json.dumps(value), flush=True)

    answer({"about": about})
    training = None
    for line in lines or sys.stdin:
        try:
            request = json.loads(line)
            if "open" in request:
                training = open_training(request["open"], request.get("variant", {}))
                answer({})
            elif "run" in request:
                steps, ms = training.run(request["run"])
                answer({"steps": steps, "ms": ms})
            else:
                answer({"loss": training.loss_after(request["lossAfter"])})
        except Exception as error:  # the next request may still work
            answer({"error": f"{type(error).__name__}: {error}"})


def missing(error):
    print(json.dumps({"missing": str(error)}), flush=True)
